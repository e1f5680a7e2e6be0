"""A reserve of disk space for the journal, so that it can still write when the disk is full."""

import errno
import logging
import os
import shutil
import threading
from pathlib import Path

log = logging.getLogger(__name__)

_FULL = {errno.ENOSPC, errno.EDQUOT}


class Reserve:
    """A file of `size` bytes that is removed when the space is needed, and made again when there is room for two.

    `size` 0: no reserve. Thread-safe.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._lock = threading.Lock()
        self._there = path.is_file() and path.stat().st_size == size
        self.replenish()

    def spend(self) -> bool:
        """Release the reserve; False if there is none."""
        with self._lock:
            if not self._there or not self._size:
                return False
            self._path.unlink(missing_ok=True)
            self._there = False
            return True

    def replenish(self) -> bool:
        """Make the reserve if it is missing and there is room; return whether it exists (or none is wanted)."""
        with self._lock:
            if not self._there and self._size:
                self._there = self._make()
            return self._there or not self._size

    def _make(self) -> bool:
        try:
            if shutil.disk_usage(self._path.parent).free < 2 * self._size:
                return False
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
        except OSError as error:
            self._path.unlink(missing_ok=True)
            if error.errno not in _FULL:  # the file system does not support it: better no reserve than no service
                log.warning("no room can be reserved beside the journal: %s", error.strerror)
                self._size = 0
            return False
        return True
