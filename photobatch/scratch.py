"""The engine's folder inside the output folder: on one file system, so that taking a result is a rename."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType

from photobatch.refusal import RefusalError

_PREFIX = ".photobatch-"
_LOCK = "lock"
_STARTING_S = 60.0


class Scratch:
    """Context manager: a new hidden folder in `out`, removed at the end; so are those of killed runs.

    A run holds a lock on its folder, which the kernel lets go when the run dies, however it dies.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._lock: int | None = None
        self.path: Path | None = None

    def __enter__(self) -> Path:
        try:
            self._out.mkdir(parents=True, exist_ok=True)
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._out)).resolve()
            self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            _lock(self._lock)
        except OSError as error:
            self.remove()
            raise RefusalError(
                f"Nothing can be written to {self._out}: {error.strerror}. Choose another --out folder."
            ) from None
        self._sweep()
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the folder with all that is in it; a second call does nothing."""
        if self.path is not None:
            shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _sweep(self) -> None:
        for left in self._out.glob(_PREFIX + "*"):
            if _abandoned(left):
                shutil.rmtree(left, ignore_errors=True)


def _lock(descriptor: int) -> bool:
    """Take the lock; False when another process holds it, or the file system has none."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _abandoned(folder: Path) -> bool:
    """Return whether the run that made the folder is dead. A young lock may be about to be taken."""
    lock = folder / _LOCK
    try:
        if time.time() - lock.stat().st_mtime < _STARTING_S:
            return False
        descriptor = os.open(lock, os.O_RDWR)
    except OSError:
        return False
    try:
        return _lock(descriptor)
    finally:
        os.close(descriptor)
