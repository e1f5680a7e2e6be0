"""The engine's folder inside the output folder: on one file system, so that taking a result is a rename."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from photobatch.refusal import RefusalError

_PREFIX = ".photobatch-"
_NEW = f"{_PREFIX}new-"  # until it is locked
_LOCK = "lock"
_STARTING_S = 60.0


class Scratch:
    """Context manager: a new hidden folder in `out`, removed at the end, like those of killed runs.

    A run locks its folder; the kernel releases the lock when the run dies, however it dies. `prepare` is called with
    the folder before the folders of killed runs are removed.
    """

    def __init__(self, out: Path, prepare: Callable[[Path], None] | None = None) -> None:
        self._out = out
        self._prepare = prepare
        self._lock: int | None = None
        self.path: Path | None = None

    def __enter__(self) -> Path:
        try:
            self._out.mkdir(parents=True, exist_ok=True)
            self.path = Path(tempfile.mkdtemp(prefix=_NEW, dir=self._out)).resolve()
            self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            _lock(self._lock)
            self.path = self.path.rename(self.path.with_name(_PREFIX + self.path.name.removeprefix(_NEW)))
            if self._prepare is not None:
                self._prepare(self.path)
        except OSError as error:
            self.remove()
            raise RefusalError(
                f"Nothing can be written to {self._out}: {error.strerror}. Choose another --out folder."
            ) from None
        sweep(self._out)
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()
        sweep(self._out)  # workers of a killed run live for some seconds longer and may have written again

    def remove(self) -> None:
        """Remove the folder with its content. Idempotent."""
        if self.path is not None:
            shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep(out: Path) -> None:
    """Remove the folders of killed runs from an output folder."""
    for left in abandoned(out):
        shutil.rmtree(left, ignore_errors=True)


def abandoned(out: Path) -> list[Path]:
    """Return the folders of killed runs."""
    return [left for left in out.glob(_PREFIX + "*") if _abandoned(left)]


def _lock(descriptor: int) -> bool:
    """Take the lock; False if another process holds it, or the file system has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _abandoned(folder: Path) -> bool:
    """Return whether the run that made the folder is dead."""
    try:
        if folder.name.startswith(_NEW):  # it may be about to be locked
            return time.time() - folder.stat().st_mtime > _STARTING_S
        descriptor = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:  # half removed
        return True
    except OSError:
        return False
    try:
        return _lock(descriptor)
    finally:
        os.close(descriptor)
