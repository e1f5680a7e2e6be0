"""Baked tables on disk, shared by all processes of a machine."""

import fcntl
import mmap
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from models.colour.table import ENTRIES, SLAB_ENTRIES, SLABS, Packed, TableSpec

_TABLE_BYTES = ENTRIES * 4
_FILE_BYTES = _TABLE_BYTES + SLABS  # after the table, one byte for each slab: 1 when it is baked
_ABANDONED_S = 3600.0  # an unfinished table that was not touched for longer is removed


class TableCache:
    """Tables in a folder: `<name>.bin` when baked, `<name>.part` while processes bake it together.

    A process claims a slab by locking one byte of the .part file, and marks it baked in the file. The lock ends
    with its owner, so a crash loses one slab. The process that finds all slabs baked renames the file. The folder's
    `.lock` is held only briefly, so that no two processes open, rename or remove files at once. Above `limit_bytes`
    the least recently used tables are removed; a table in use stays mapped.
    """

    def __init__(self, folder: Path, limit_bytes: int = 512 << 20) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._mine = threading.Lock()  # POSIX locks do not exclude threads of the same process

    def has(self, spec: TableSpec) -> bool:
        """Whether the table exists."""
        return self._final(spec).exists()

    def get(self, spec: TableSpec) -> Packed:
        """Return the entries, int32 (2^24,), read-only; baked first if necessary.

        Raises OSError (disk full, folder gone).
        """
        with self._mine:
            while True:
                table = self._open(spec)
                if table is not None:
                    return table
                self._bake(spec)

    def _final(self, spec: TableSpec) -> Path:
        return self._folder / f"{spec.name}.bin"

    def _open(self, spec: TableSpec) -> Packed | None:
        path = self._final(spec)
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_size == _FILE_BYTES:
                    os.utime(path)
                    # A private mapping shares its pages until somebody writes, and torch requires a writable
                    # one.
                    pages = mmap.mmap(file.fileno(), _TABLE_BYTES, access=mmap.ACCESS_COPY)
                    return np.frombuffer(pages, np.int32)
        except FileNotFoundError:
            return None
        with self._folder_lock():  # wrong size: not one of ours
            path.unlink(missing_ok=True)
        return None

    def _bake(self, spec: TableSpec) -> None:
        part, final = self._final(spec).with_suffix(".part"), self._final(spec)
        with self._folder_lock():
            if final.exists():
                return
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if os.fstat(descriptor).st_size != _FILE_BYTES:
                # Allocate the space now: a full disk is an OSError here, but a SIGBUS in the mapping.
                os.posix_fallocate(descriptor, 0, _FILE_BYTES)
            with mmap.mmap(descriptor, _FILE_BYTES) as pages:
                _bake_slabs(spec, descriptor, pages)
            os.fsync(descriptor)  # otherwise a table with holes after a power cut would be trusted
            with self._folder_lock():
                if _same_file(part, descriptor):
                    part.rename(final)
                self._evict(final)
        finally:
            os.close(descriptor)

    def _evict(self, keep: Path) -> None:
        """Remove the least recently used tables above the limit, and abandoned unfinished ones."""
        now = time.time()
        for part in self._folder.glob("*.part"):
            if now - part.stat().st_mtime > _ABANDONED_S:
                part.unlink()
        tables = sorted(self._folder.glob("*.bin"), key=lambda path: path.stat().st_mtime, reverse=True)
        tables.sort(key=lambda path: path != keep)
        room = self._limit
        for table in tables:
            room -= table.stat().st_size
            if room < 0 and table != keep:
                table.unlink()

    @contextmanager
    def _folder_lock(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _bake_slabs(spec: TableSpec, descriptor: int, pages: mmap.mmap) -> None:
    """Bake the slabs that no other process bakes, then those that others left unfinished."""
    table = np.frombuffer(pages, np.int32, ENTRIES)
    baked = np.frombuffer(pages, np.uint8, SLABS, _TABLE_BYTES)
    try:
        for wait in (fcntl.LOCK_NB, 0):
            for slab in range(SLABS):
                if baked[slab]:
                    continue
                try:
                    fcntl.lockf(descriptor, fcntl.LOCK_EX | wait, 1, _TABLE_BYTES + slab)
                except BlockingIOError:
                    continue
                try:
                    if not baked[slab]:
                        spec.slab(slab, table[slab * SLAB_ENTRIES : (slab + 1) * SLAB_ENTRIES])
                        baked[slab] = 1
                finally:
                    fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, _TABLE_BYTES + slab)
    finally:
        del table, baked  # otherwise the mapping cannot be closed


def _same_file(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
