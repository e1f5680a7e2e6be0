"""Blobs by key, on every store that obstore knows; the same promises on each."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, MemoryStore, from_url

from storage.errors import BlobNotFoundError, StorageError, StorageFullError

CHUNK = 1 << 20
_KEY = re.compile(r"(?!.*(^|/)\.{1,2}(/|$))[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,900}")


class Blobs:
    """A blob store. What `put` and a closed `writer` return from is durable and whole; half a blob is never seen.

    Every method raises StorageError (StorageFullError when the disk is full), and BlobNotFoundError for a missing key.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._root: Path | None = None
        self._store: Any
        if parts.scheme == "file":
            self._root = Path(unquote(parts.path))
            self._root.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(self._root)
        elif parts.scheme == "memory":
            self._store = MemoryStore()
        else:
            self._store = from_url(url)

    async def put(self, key: str, data: bytes | memoryview) -> None:
        """Store a blob, replacing what was there."""
        with _errors(key):
            await obstore.put_async(self._store, _checked(key), data)
        await self._sync(key)

    async def get(self, key: str) -> bytes:
        """Return a blob."""
        with _errors(key):
            answer = await obstore.get_async(self._store, _checked(key))
            return (await answer.bytes_async()).to_bytes()

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to, not including, `end`."""
        with _errors(key):
            return (await obstore.get_range_async(self._store, _checked(key), start=start, end=end)).to_bytes()

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield a blob, or a part of it, in pieces of about 1 MiB."""
        end = await self.size(key) if end is None else end
        for first in range(start, end, CHUNK):
            yield await self.get_range(key, first, min(first + CHUNK, end))

    async def size(self, key: str) -> int:
        """Return a blob's size in bytes."""
        with _errors(key):
            return int((await obstore.head_async(self._store, _checked(key)))["size"])

    async def exists(self, key: str) -> bool:
        """Say whether there is such a blob."""
        try:
            await self.size(key)
        except BlobNotFoundError:
            return False
        return True

    async def delete(self, key: str) -> None:
        """Remove a blob; one that is not there is fine."""
        with _errors(key):
            try:
                await obstore.delete_async(self._store, _checked(key))
            except (NotFoundError, FileNotFoundError):
                return

    async def delete_prefix(self, prefix: str) -> None:
        """Remove every blob below a prefix that ends in a slash."""
        keys = [key async for key, _, _ in self.list(prefix)]
        for first in range(0, len(keys), 1000):
            with _errors(prefix):
                try:
                    await obstore.delete_async(self._store, keys[first : first + 1000])
                except (NotFoundError, FileNotFoundError):  # somebody else removes it too
                    continue
        if self._root is not None:
            await asyncio.to_thread(_remove_empty, self._root / prefix)

    async def list(self, prefix: str) -> AsyncIterator[tuple[str, int, datetime]]:
        """Yield (key, bytes, time of the last change) of every blob below a prefix that ends in a slash."""
        with _errors(prefix):
            async for page in obstore.list(self._store, _checked(prefix)):
                for entry in page:
                    yield entry["path"], entry["size"], entry["last_modified"]

    async def copy(self, source: str, target: str) -> None:
        """Copy a blob inside the store."""
        with _errors(source):
            await obstore.copy_async(self._store, _checked(source), _checked(target))
        await self._sync(target)

    @asynccontextmanager
    async def writer(self, key: str) -> "AsyncIterator[BlobWriter]":
        """Write a blob piece by piece; it appears when the block ends well, and not at all otherwise."""
        part = f"{_checked(key)}.part"
        file = obstore.open_writer_async(self._store, part)
        try:
            with _errors(key):
                yield BlobWriter(file)
                await file.close()
                await obstore.rename_async(self._store, part, key)
        except BaseException:
            await _abandon(file)
            await self.delete(part)
            raise
        await self._sync(key)

    def local_path(self, key: str) -> Path | None:
        """Return where a blob lies on this machine's file system, None on other stores."""
        return None if self._root is None else self._root / _checked(key)

    async def _sync(self, key: str) -> None:
        """Make a local blob survive a power cut: obstore renames it into place, and does not wait for the disk."""
        if self._root is not None:
            with _errors(key):
                await asyncio.to_thread(_sync, self._root / key, self._root)


class BlobWriter:
    """The open end of a blob that is being written."""

    def __init__(self, file: Any) -> None:
        self._file = file

    async def write(self, data: bytes) -> None:
        """Append some bytes; waits while the store is slower than they come."""
        await self._file.write(data)


def open_blobs(url: str) -> Blobs:
    """Open the store that a URL names: file://, memory://, s3://, gs://, az://."""
    return Blobs(url)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise StorageError(f"not a key: {key!r}")
    return key


@contextmanager
def _errors(key: str) -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise BlobNotFoundError(key) from error
    except (BaseError, OSError) as error:
        if "No space left" in str(error) or getattr(error, "errno", None) == 28:
            raise StorageFullError("the blob store is full") from error
        raise StorageError(f"the blob store failed: {type(error).__name__}") from error


async def _abandon(file: Any) -> None:
    try:
        await file.close()
    except (BaseError, OSError):  # it is removed next
        return


def _sync(path: Path, root: Path) -> None:
    _fsync(path)
    folder = path.parent
    while True:  # folders may be new as well
        _fsync(folder)
        if folder == root:
            return
        folder = folder.parent


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_empty(folder: Path) -> None:
    for parent, _, _ in os.walk(folder, topdown=False):
        try:
            os.rmdir(parent)
        except OSError:  # not empty: somebody is writing there
            continue
