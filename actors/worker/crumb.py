"""The crumb: which photos a worker is computing, readable after the process has died."""

import json
import mmap
import os
import stat
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from actors.messages.records import LeaseKey

SIZE = 4096  # bytes; a photo takes about 60, and only a few are computed side by side
STALE_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The photos that were being computed, nearly always one, and their deadline (unix seconds)."""

    keys: list[LeaseKey]
    deadline: float
    device_lost: bool = False  # the worker ended because its GPU was lost

    @property
    def photo(self) -> tuple[str, int] | None:
        """The batch and index of the first of them."""
        return (self.keys[0].task_id, self.keys[0].index) if self.keys else None

    def timed_out(self) -> bool:
        """Say whether the worker's own watchdog ended it (it fires at the deadline)."""
        return time.time() >= self.deadline - 0.05


class Crumb:
    """A small memory-mapped file: writing needs no system call, and the kernel keeps it when the process dies."""

    def __init__(self, worker_id: str) -> None:
        folder = _folder()
        _sweep(folder)
        self.path = str(folder / worker_id)
        with open(self.path, "w+b") as file:
            file.truncate(SIZE)
            self._map = mmap.mmap(file.fileno(), SIZE)

    def drop(self, keys: Sequence[LeaseKey], deadline: float) -> None:
        """Write which photos are computed from now on."""
        self._write([[astuple(key) for key in keys], deadline])

    def device_lost(self, keys: Sequence[LeaseKey], deadline: float) -> None:
        """Write that the GPU was lost while these photos were computed."""
        self._write([[astuple(key) for key in keys], deadline, True])

    def wipe(self) -> None:
        """Write that nothing is being computed."""
        self._map[0:1] = b"\n"

    def _write(self, said: list[Any]) -> None:
        line = json.dumps(said).encode()
        self._map[: len(line) + 1] = line + b"\n"


def _folder() -> Path:
    """Return a folder that no other user can enter; a folder of that name made by another user is not used."""
    usual = Path(tempfile.gettempdir()) / f"photobatch-crumbs-{os.getuid()}"
    with suppress(FileExistsError):
        usual.mkdir(mode=0o700)
    found = usual.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
        return usual
    return Path(tempfile.mkdtemp(prefix="photobatch-crumbs-"))


def read_crumb(path: str) -> Suspicion | None:
    """Read and remove the crumb of a dead worker; None when it was computing nothing."""
    found = peek_crumb(path)
    remove_crumb(path)
    return found


def peek_crumb(path: str) -> Suspicion | None:
    """Read the crumb of a worker; None when it computes nothing."""
    try:
        line = Path(path).read_bytes().split(b"\n", 1)[0].strip(b"\0")
    except OSError:
        return None
    try:
        keys, deadline, *rest = json.loads(line)
        if isinstance(keys, dict):  # written by a worker of an earlier version, with one photo only
            keys = [keys.values()]
        return Suspicion([LeaseKey(*key) for key in keys], deadline, device_lost=rest == [True])
    except (ValueError, TypeError):  # empty, or half a line: it died while writing
        return None


def remove_crumb(path: str) -> None:
    """Remove a crumb that is not needed any more."""
    if path:
        Path(path).unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove crumbs older than a day: their coordinator died with their worker."""
    for old in folder.iterdir():
        try:
            if time.time() - old.stat().st_mtime > STALE_S:
                old.unlink(missing_ok=True)
        except OSError:  # another worker sweeps too
            continue
