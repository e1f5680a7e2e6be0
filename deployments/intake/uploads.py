"""Uploaded files: streamed into the blob store, each with a record."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from actors.messages.ids import new_id
from deployments.intake.sources import UPLOAD
from deployments.intake.upload_claims import UploadClaims
from deployments.wire.names import safe_name
from models.codec.header import Header, Limits, read_header
from models.errors import PhotoError
from storage.blobs import Blobs
from storage.errors import BlobNotFoundError, InvalidKeyError, StorageFullError
from storage.keys import upload_key, upload_prefix, upload_record_key

HEAD = 1 << 20  # bytes; most formats state the size of the picture within them
_AT_ONCE = 16
_HASHED_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """The record of an uploaded file.

    A refused file has no bytes but an `error` (code, message), with which its photo fails.
    """

    id: str
    name: str
    bytes: int
    sha256: str | None  # None: its bytes went to the store without passing us
    user_id: str
    created_at: float
    format: str | None = None
    width: int | None = None
    height: int | None = None
    error: dict[str, str] | None = None
    changed: str | None = None  # the time of its file, where its client says it

    @property
    def source(self) -> str:
        """The source that names it in a batch."""
        return f"{UPLOAD}{self.id}"


class Metered:
    """Counts and hashes passing bytes; hashes in a thread, because that is a third of the work of an upload."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._hash = hashlib.sha256()
        self._passed: list[bytes] = []  # not hashed yet
        self._hashing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hashing.set_result(None)
        self._handed_on = 0  # bytes given to the hashing thread
        self.bytes = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = await anext(self._pieces)
        self.bytes += len(piece)
        self._passed.append(piece)
        if self.bytes - self._handed_on >= _HASHED_AT_ONCE:
            await self._go_on()
        return piece

    async def rest(self) -> None:
        """Read the rest and drop it."""
        async for _ in self:
            pass

    async def sha256(self) -> str:
        """The SHA-256 of the bytes that have passed."""
        await self._go_on()
        await self._hashing
        return self._hash.hexdigest()

    async def _go_on(self) -> None:
        """Hash the passed bytes in a thread, after the ones before them."""
        await self._hashing
        passed, self._passed = self._passed, []
        self._handed_on = self.bytes
        self._hashing = asyncio.ensure_future(asyncio.to_thread(self._update, passed))

    def _update(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._hash.update(piece)


_FIELDS = frozenset(field.name for field in fields(Upload))


class Uploads:
    """The uploads in a blob store."""

    def __init__(self, blobs: Blobs, limits: Limits, least_room: int, claims: UploadClaims) -> None:
        self._blobs = blobs
        self._limits = limits
        self._least_room = least_room
        self.claims = claims
        self._whole = asyncio.Semaphore(1)  # files that must be read completely for their header

    async def take(
        self,
        pieces: AsyncIterator[bytes],
        name: str,
        user_id: str,
        declared: int | None = None,
        changed: str | None = None,
    ) -> Upload:
        """Store one picture; raises PhotoError if it is none or too large, and then nothing of it is left.

        `declared` is its size, if known in advance, `changed` the time of its file. Raises BatchError
        `too_many_uploads`, and StorageFullError already when only little room is left.
        """
        upload_id = new_id("u")
        most = self._limits.max_bytes
        claimed = most if declared is None else min(declared, most)
        try:
            await self.claims.hold(upload_id, user_id, claimed)
            passed = Metered(pieces)
            await self._write(upload_id, passed)
            if passed.bytes != claimed:
                await self.claims.hold(upload_id, user_id, passed.bytes)
            header = await self._examine(upload_key(upload_id), passed.bytes)
            upload = replace(await _record(upload_id, name, user_id, passed), changed=changed)
            upload = replace(upload, format=header.format, width=header.width or None, height=header.height or None)
            await self._keep(upload)
        except BaseException:
            await self.drop([upload_id])
            await asyncio.shield(self.claims.release([upload_id]))
            raise
        return upload

    async def take_part(self, pieces: AsyncIterator[bytes], name: str, user_id: str) -> Upload:
        """Store one file of a form without examining it: a bad one fails alone, in the worker.

        For a file that is too large only a record is kept, with the error.
        """
        upload_id = new_id("u")
        passed = Metered(pieces)
        error = None
        try:
            try:
                await self._write(upload_id, passed)
            except PhotoError as refusal:
                error = {"code": refusal.code, "message": refusal.detail}
                await passed.rest()
            upload = replace(await _record(upload_id, name, user_id, passed), error=error)
            await self._keep(upload)
        except BaseException:
            await self.drop([upload_id])
            raise
        return upload

    async def adopt(self, upload_id: str, name: str, user_id: str, size: int, changed: str | None = None) -> Upload:
        """Make a stored picture of so many bytes an upload; raises PhotoError if it is none."""
        header = await self._examine(upload_key(upload_id), size)
        upload = Upload(upload_id, safe_name(name), size, None, user_id, time.time(), changed=changed)
        upload = replace(upload, format=header.format, width=header.width or None, height=header.height or None)
        await self._keep(upload)
        return upload

    async def find(self, upload_id: str) -> Upload | None:
        """Return the record of an upload; None if there is none (any more)."""
        try:
            told = json.loads(await self._blobs.get(upload_record_key(upload_id)))
            return Upload(**{name: value for name, value in told.items() if name in _FIELDS})  # a later one has more
        except (BlobNotFoundError, InvalidKeyError):
            return None

    async def known(self, sources: Iterable[str]) -> dict[str, Upload]:
        """Return the existing uploads among these sources."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def resolve(source: str) -> tuple[str, Upload | None]:
            async with gate:
                return source, await self.find(source.removeprefix(UPLOAD))

        found = await asyncio.gather(*(resolve(source) for source in dict.fromkeys(sources)))
        return {source: upload for source, upload in found if upload is not None}

    async def strange(self, sources: set[str], user: str) -> tuple[dict[str, Upload], set[str]]:
        """Return the user's uploads among these sources, and the sources that are not the user's."""
        known = await self.known(sources)
        own = {source: upload for source, upload in known.items() if upload.user_id == user}
        return own, sources - own.keys()

    async def drop(self, upload_ids: Iterable[str]) -> None:
        """Remove uploads, to the end even if their request is being cancelled."""
        removals = [self._blobs.delete_prefix(upload_prefix(upload_id)) for upload_id in upload_ids]
        if removals:
            await asyncio.shield(asyncio.gather(*removals, return_exceptions=True))

    async def _write(self, upload_id: str, pieces: Metered) -> None:
        free = await asyncio.to_thread(self._blobs.free_bytes)
        if free is not None and free < self._least_room:  # the rest is for the journal
            raise StorageFullError("There is no room left for uploads.")
        async with self._blobs.writer(upload_key(upload_id)) as file:
            async for piece in pieces:
                self.check_size(pieces.bytes)
                await file.write(piece)

    def check_size(self, size: int) -> None:
        """Raise PhotoError `too_large` for a file of more bytes than a photo may have."""
        limit = self._limits.max_bytes
        if size > limit:
            detail = f"The file is larger than {limit / 1e6:,.0f} MB, which is the limit: save it smaller."
            raise PhotoError("too_large", detail)

    async def _keep(self, upload: Upload) -> None:
        known: dict[str, Any] = asdict(upload)
        await self._blobs.put(upload_record_key(upload.id), json.dumps(known).encode())

    async def _examine(self, key: str, size: int) -> Header:
        """Read the header from the head of the file; if it is not there, from the whole file, one file at a time."""
        head = await self._blobs.get_range(key, 0, min(HEAD, size))
        try:
            return await asyncio.to_thread(read_header, head, self._limits)
        except PhotoError as error:
            if size <= HEAD or error.code not in {"truncated", "corrupt"}:
                raise
        async with self._whole:
            return await asyncio.to_thread(read_header, await self._blobs.get(key), self._limits)


async def _record(upload_id: str, name: str, user_id: str, passed: Metered) -> Upload:
    return Upload(upload_id, safe_name(name), passed.bytes, await passed.sha256(), user_id, time.time())
