"""A folder in which photos appear: which are complete, and when to look again."""

import errno
import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import watchfiles

from photobatch.inputs import Collected, InputPhoto, photos_in
from photobatch.refusal import RefusalError
from photobatch.watching.stamp import Stamp, stamp

SETTLED_S = 2.0  # a file that nobody changed for so long, and that nobody has open for writing, is complete
_LOOK_S = 0.5  # between two looks while files settle
_AGAIN_S = 30.0  # between two looks else: folders of other machines report no changes
_LINK = "behind links out of the folder"
_PATIENCE_S = 60.0  # after which a file that does not settle is looked at with the others


@dataclass(slots=True)
class WatchedFolder:
    """The photos of one folder. Names that begin with a dot are left out, as in every command.

    Others may put files there, at any time. So links that lead out of the folder are not followed, and a folder in it
    that cannot be read ends nothing. `known` says whether a photo in this state was taken before.
    """

    path: Path
    known: Callable[[Path, Stamp], bool]
    recursive: bool = True
    out: Path | None = None
    raw: bool = True
    _seen: dict[Path, tuple[Stamp, float]] = field(default_factory=dict)

    def complete(self) -> tuple[list[tuple[InputPhoto, Stamp]], Collected]:
        """Return the new photos that are complete, the earliest first, and all that lies in the folder.

        Raises RefusalError if the folder cannot be read.
        """
        now = time.monotonic()
        if not self.path.is_dir():
            raise RefusalError(f"The watched folder {self.path} is gone. What was taken from it is done.")
        found = photos_in(self.path, recursive=self.recursive, out=self.out, raw=self.raw, patient=True)
        top = os.path.realpath(self.path)
        complete, waiting = list[tuple[InputPhoto, Stamp]](), dict[Path, tuple[Stamp, float]]()
        for photo in found.photos:
            state = stamp(photo.path)
            if state is None or self.known(photo.path, state):
                continue
            if not Path(os.path.realpath(photo.path)).is_relative_to(top):
                found.not_taken[_LINK] += 1
                continue
            before, since = self._seen.get(photo.path, (None, now))
            if before == state and now - since >= SETTLED_S and state[0] and not _is_being_written(photo.path):
                complete.append((photo, state))
            else:
                waiting[photo.path] = (state, since if before == state else now)
        self._seen = waiting
        return sorted(complete, key=lambda one: (one[1][1], one[0].place)), found

    def looks(self, stopped: Callable[[], bool]) -> Iterator[None]:
        """Yield whenever it is time to look, soon for the first time, until `stopped`."""
        signal.signal(signal.SIGIO, signal.SIG_IGN)  # see `_is_being_written`
        due, changes = 0.0, None
        while not stopped():
            begins = changes is None  # to watch, with the next call; what came before that is found by a look
            try:
                changes = changes or self._changes(stopped)
                changed = bool(next(changes, None)) or begins
            except (RuntimeError, OSError):  # a name that is no UTF-8, the folder is gone, the system watches no more
                changes, changed = None, True
                time.sleep(_LOOK_S)
            if changed or self._settling():
                due = 0.0
            if time.monotonic() >= due and not stopped():
                yield
                due = time.monotonic() + _AGAIN_S

    def _changes(self, stopped: Callable[[], bool]) -> Iterator[set[watchfiles.main.FileChange]]:
        return watchfiles.watch(
            self.path,
            watch_filter=None,
            step=200,
            rust_timeout=int(_LOOK_S * 1000),
            yield_on_timeout=True,
            stop_event=_Stop(stopped),
            raise_interrupt=False,
            ignore_permission_denied=True,
            recursive=self.recursive,
        )

    def _settling(self) -> bool:
        now = time.monotonic()
        return any(now - since < _PATIENCE_S for _, since in self._seen.values())


class _Stop:
    """What watchfiles asks whether to end."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self.is_set = stopped


def _is_being_written(path: Path) -> bool:
    """Say whether a process of this machine has a file open for writing; False where the system does not tell.

    Linux grants a read lease on a file only if nobody has. A lease is given back at once. A writer who comes in between
    makes the kernel send SIGIO, which must be ignored.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(opened)
    return False
