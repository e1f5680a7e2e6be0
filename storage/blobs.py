"""Blobs: named bytes in a folder, in memory, or in S3, GCS, Azure; through obstore, the same for all."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore

from storage import remote
from storage.errors import BlobNotFoundError, InvalidKeyError, StorageError, StorageFullError
from storage.folder import make_folder, names_in, remove_tree, sync_below

if TYPE_CHECKING:
    from obstore import AsyncWritableFile
    from obstore.store import RetryConfig

CHUNK = 1 << 20
PIECE = 4 << 20  # of a remote stream: one is passed on while the next is fetched
PARTS_AT_ONCE = 2
_FULL = re.compile(r"\(os error (28|122)\)")  # ENOSPC, EDQUOT: obstore gives the number only in its message
# A local store names unfinished puts `name#1`. Names have at most 255 bytes there, keys of S3 at most 1,024.
_BAD_SEGMENT = re.compile(r"\.{0,2}|.*#\d+|.*[\x00-\x1f\x7f\\].*", re.DOTALL)


class BlobWriter:
    """Takes the bytes of one streamed put; see `Blobs.writer`."""

    def __init__(self, key: str, file: "AsyncWritableFile") -> None:
        self._key = key
        self._file = file

    async def write(self, data: bytes | memoryview) -> None:
        """Add bytes; raises StorageFullError, StorageError."""
        with _translated(self._key, found=True):
            await self._file.write(data)


class Blobs:
    """A store of blobs, given by its URL; pickled as that URL, so workers open it themselves.

    Every method raises InvalidKeyError for an impossible name, StorageFullError when the disk is full, and
    StorageError otherwise; reading methods raise BlobNotFoundError. A blob appears whole or not at all. It is
    durable (file and folders synced, or acknowledged by the remote store) when `put`, `copy` or the writer's
    block returns. Keys are relative, their segments separated by `/`.
    """

    def __init__(self, url: str, retry: "RetryConfig" = remote.PATIENT) -> None:
        self.url = url
        self._root = _folder(url)
        with _translated(url, found=True):
            if self._root:
                make_folder(self._root)
            self._store = LocalStore(self._root) if self._root else remote.open_store(url, retry)

    def __reduce__(self) -> tuple[Callable[[str], "Blobs"], tuple[str]]:
        if self.url.startswith("memory:"):
            raise TypeError("blobs in memory cannot move to another process; use a file:// URL")
        return open_blobs, (self.url,)

    def local_path(self, key: str) -> Path | None:
        """Return the path of a blob on this machine, existing or not; None if the store is not a folder."""
        _checked(key)
        return self._root / key if self._root else None

    async def put(self, key: str, data: bytes | memoryview, media_type: str | None = None) -> None:
        """Store a blob, replacing one of the same name; signed addresses serve it as `media_type`."""
        parts: Any = {"use_multipart": False}
        if self._remote:
            large = len(data) > remote.PART  # no request may be too large: see storage/remote.py
            parts = {"use_multipart": large, "chunk_size": remote.PART, "max_concurrency": PARTS_AT_ONCE}
            parts["attributes"] = {"Content-Type": media_type} if media_type else None
        with _translated(_checked(key), found=True):
            await obstore.put_async(self._store, key, data, **parts)
            await self._persist(key)

    @contextlib.asynccontextmanager
    async def writer(self, key: str) -> AsyncIterator[BlobWriter]:
        """Stream a blob into the store; it appears at the end of the block, but not if the block raises."""
        with _translated(_checked(key), found=True):
            file = obstore.open_writer_async(self._store, key, buffer_size=remote.PART, max_concurrency=PARTS_AT_ONCE)
        try:
            yield BlobWriter(key, file)
        except BaseException as error:
            with contextlib.suppress(BaseError, OSError):  # remains stay hidden; the first error counts
                await file.__aexit__(type(error), error, error.__traceback__)
            raise
        with _translated(key, found=True):
            await file.close()
            await self._persist(key)

    async def copy(self, source: str, target: str) -> None:
        """Copy within the store, without a download (on file:// by a hard link, so never write in place)."""
        _checked(target)
        await self.size(source)  # a local store would accept a folder as a source
        with _translated(source):
            await obstore.copy_async(self._store, source, target)
        with _translated(target, found=True):
            await self._persist(target)

    async def get(self, key: str) -> bytes:
        """Return the whole blob."""
        with _translated(_checked(key)):
            if self._remote:
                return await remote.read(self._store, key)
            return (await (await obstore.get_async(self._store, key)).bytes_async()).to_bytes()

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        """Return `blob[start:end]`, cut at the end of the blob, like a slice."""
        if start < 0 or end < 0:
            raise ValueError("a range counts from the start of the blob")
        if start >= end or start >= (size := await self.size(key)):
            return b""
        with _translated(key):
            found = await obstore.get_range_async(self._store, key, start=start, end=min(end, size))
        return found.to_bytes()

    async def stream(
        self, key: str, start: int = 0, end: int | None = None, chunk: int = CHUNK
    ) -> AsyncIterator[bytes]:
        """Yield `blob[start:end]` in pieces of about `chunk` bytes, larger ones from remote stores; never incomplete.

        Each piece is a request of its own: an interrupted one is repeated, and slow readers cause no time-out.
        (obstore's own stream of a file changes threads every 8 KiB: 24 MB take 117 ms, this way 11 ms.)
        """
        size = await self.size(key)
        end = size if end is None else min(end, size)
        step = max(chunk, PIECE) if self._remote else chunk
        offsets = iter(range(start, end, step))

        def ask() -> asyncio.Future[bytes] | None:
            offset = next(offsets, None)
            if offset is None:
                return None
            return asyncio.ensure_future(self._piece(key, offset, min(offset + step, end)))

        coming = ask()
        try:
            while coming:
                piece = await coming
                coming = ask() if self._remote else None  # reading a file ahead is not worth it
                yield piece
                coming = coming or ask()
        finally:
            if coming:
                coming.cancel()

    async def _piece(self, key: str, start: int, end: int) -> bytes:
        with _translated(key):
            data = (await obstore.get_range_async(self._store, key, start=start, end=end)).to_bytes()
        if len(data) != end - start:
            raise StorageError(f"The blob store sent {len(data)} of {end - start} bytes of {key}.")
        return data

    async def size(self, key: str) -> int:
        """Return the size of a blob in bytes."""
        with _translated(_checked(key)):
            try:
                return (await obstore.head_async(self._store, key))["size"]
            except FileNotFoundError:
                if not self._remote:
                    raise
            # The answer to a HEAD has no body that says whether the blob or the whole bucket is missing.
            return (await obstore.get_async(self._store, key)).meta["size"]

    async def sign(self, key: str, expires_in_s: float, method: str = "GET") -> str | None:
        """Return a temporary address at which anybody may read the blob; None if the store cannot sign.

        Does not check that the blob exists.
        """
        if not self._remote:
            return None
        with _translated(_checked(key)):
            signed: str = await obstore.sign_async(self._store, method, key, timedelta(seconds=expires_in_s))  # type: ignore[call-overload]
        return signed

    async def list(self, prefix: str = "") -> AsyncIterator[str]:
        """Yield the keys below a prefix, in no order: `batches/ab` has `batches/ab/x`, not `batches/abc`."""
        pages = obstore.list(self._store, _checked(prefix) if prefix else None, chunk_size=1000)
        while True:
            with _translated(prefix):
                page = await anext(pages, None)
            if page is None:
                return
            for each in page:
                yield each["path"]

    async def children(self, prefix: str) -> Sequence[str]:
        """Return the names directly below a prefix; on file:// a folder counts if only unfinished puts are in it."""
        _checked(prefix)
        with _translated(prefix, found=True):
            if self._root:
                return await asyncio.to_thread(names_in, self._root / prefix)
            found = await obstore.list_with_delimiter_async(self._store, prefix)
        below = [*found["common_prefixes"], *(each["path"] for each in found["objects"])]
        return [path.rstrip("/").rpartition("/")[2] for path in below]

    def free_bytes(self) -> int | None:
        """Return the free bytes on the store's disk; None if there is no such limit. Blocking."""
        with _translated(self.url, found=True):
            return shutil.disk_usage(self._root).free if self._root else None

    async def delete(self, key: str) -> None:
        """Remove a blob; a missing one is fine. On file:// its folder stays."""
        with contextlib.suppress(BlobNotFoundError), _translated(_checked(key)):
            await obstore.delete_async(self._store, key)

    async def delete_prefix(self, prefix: str) -> None:
        """Remove every blob that `list` shows; on file:// the prefix's folder and unfinished puts too."""
        _checked(prefix)
        if self._root:
            with _translated(prefix):
                await asyncio.to_thread(remove_tree, self._root / prefix)
            return
        keys = [key async for key in self.list(prefix)]
        for first in range(0, len(keys), 1000):
            try:
                with _translated(prefix):
                    await obstore.delete_async(self._store, keys[first : first + 1000])
            except BlobNotFoundError:  # a concurrent removal: the bulk request stopped at the first missing one
                for key in keys[first : first + 1000]:
                    await self.delete(key)

    @property
    def _remote(self) -> bool:
        return not isinstance(self._store, LocalStore | MemoryStore)

    async def _persist(self, key: str) -> None:
        # obstore's LocalStore renames a finished file into place but syncs nothing.
        if self._root:
            await asyncio.to_thread(sync_below, self._root, self._root / key)


def open_blobs(url: str) -> Blobs:
    """Open a store: `file:///folder` (made if missing), `memory://` (this object's alone), `s3://`, `gs://`, `az://`.

    Raises StorageError for a URL that names no store or a folder that cannot be made.
    """
    return Blobs(url)


def _folder(url: str) -> Path | None:
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    if parts.netloc or parts.path.strip("/") == "":
        raise StorageError(f"{url} names no folder; write file:///path/of/the/folder.")
    return Path(unquote(parts.path))


def _checked(key: str) -> str:
    segments = key.split("/")
    if len(key) > 900 or any(_BAD_SEGMENT.fullmatch(part) or len(part.encode()) > 240 for part in segments):
        raise InvalidKeyError(f"{key[:80]!r} cannot be the name of a blob.")
    return key


@contextlib.contextmanager
def _translated(key: str, *, found: bool = False) -> Iterator[None]:
    """Translate errors of obstore and the system into ours; `found`: a missing file does not mean a missing blob."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and not found and not remote.is_missing_bucket(error):
            raise BlobNotFoundError(f"There is no blob {key}.") from error
        reason = str(error).partition("\n")[0]
        if _FULL.search(str(error)) or getattr(error, "errno", None) in {28, 122}:
            raise StorageFullError(f"There is no room left to store {key}.") from error
        raise StorageError(f"The blob store failed at {key}: {reason}.") from error
