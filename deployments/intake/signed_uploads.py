"""Signed uploads: clients send their files to the store itself, so that the bytes pass no process of ours."""

import json
import time
from dataclasses import asdict, dataclass

from actors.messages.ids import new_id
from deployments.intake.uploads import Upload, Uploads
from deployments.wire.problems import ApiError
from models.errors import PhotoError
from storage.blobs import Blobs
from storage.errors import BlobNotFoundError, InvalidKeyError
from storage.keys import upload_incoming_key, upload_key, upload_promise_key

SIGNED_S = 3600.0  # for a large file on a slow line


@dataclass(frozen=True, slots=True)
class Promise:
    """A file that a client is about to send to the store."""

    id: str
    name: str
    bytes: int
    user_id: str
    created_at: float


class SignedUploads:
    """Addresses at the store for single files, and their acceptance.

    A client may write to its address until that expires, also after the file was accepted. Therefore the store copies
    the file to another name first, and what is accepted never changes.
    """

    def __init__(self, blobs: Blobs, uploads: Uploads, *, on: bool) -> None:
        self._blobs = blobs
        self._uploads = uploads
        self._on = on

    async def begin(self, name: str, size: int, user_id: str) -> tuple[Promise, str, float]:
        """Return a promise, the address to which its file must be PUT, and when that expires (unix seconds).

        Raises ApiError `cannot_sign`, PhotoError `too_large`, BatchError `too_many_uploads`.
        """
        promise = Promise(new_id("u"), name, size, user_id, time.time())
        url = await self._blobs.sign(upload_incoming_key(promise.id), SIGNED_S, "PUT") if self._on else None
        if url is None:
            detail = "This service takes files itself: send the file to POST /api/v1/uploads."
            raise ApiError("cannot_sign", detail)
        self._uploads.check_size(size)
        await self._uploads.claims.hold(promise.id, user_id, size)
        await self._blobs.put(upload_promise_key(promise.id), json.dumps(asdict(promise)).encode())
        return promise, url, promise.created_at + SIGNED_S

    async def accept(self, upload_id: str, user_id: str, changed: str | None = None) -> Upload:
        """Examine a file that has arrived, and make it an upload; once it is one, return it again.

        Raises ApiError `upload_not_found`, `upload_incomplete`, and PhotoError if it is no picture or too large: then
        nothing of it is left.
        """
        if (known := await self._uploads.find(upload_id)) is not None and known.user_id == user_id:
            return known
        promise = await self._promise(upload_id)
        if promise is None or promise.user_id != user_id:
            raise ApiError("upload_not_found", "No such upload was begun, or its time is over: begin a new one.")
        try:
            await self._blobs.copy(upload_incoming_key(upload_id), upload_key(upload_id))
            size = await self._blobs.size(upload_key(upload_id))
        except BlobNotFoundError:
            detail = "The file is not in the store yet: PUT it to the address of this upload first."
            raise ApiError("upload_incomplete", detail) from None
        try:
            self._uploads.check_size(size)
            await self._uploads.claims.hold(upload_id, user_id, size)
            upload = await self._uploads.adopt(upload_id, promise.name, user_id, size, changed)
        except PhotoError:
            await self._uploads.drop([upload_id])
            await self._uploads.claims.release([upload_id])
            raise
        await self._blobs.delete(upload_incoming_key(upload_id))
        await self._blobs.delete(upload_promise_key(upload_id))
        return upload

    async def _promise(self, upload_id: str) -> Promise | None:
        try:
            return Promise(**json.loads(await self._blobs.get(upload_promise_key(upload_id))))
        except (BlobNotFoundError, InvalidKeyError):
            return None
