"""Reads the body of a submit, or of photos to append: JSON, urlencoded form, or multipart form with files."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

from fastapi import Request

from actors.messages.errors import BatchError
from deployments.intake.multipart import Form
from deployments.intake.submit_fields import FILES, Given, SubmitFields
from deployments.intake.upload_claims import FormClaim, declared_size
from deployments.intake.uploads import Upload, Uploads
from deployments.wire import body_budget, explain
from deployments.wire.problems import ApiError

MAX_JSON_BYTES = 32 << 20
MAX_FIELDS_BYTES = 8 << 20  # all fields of a form together
MAX_FIELDS = 1000
Made = TypeVar("Made")
_PERHAPS = {"unavailable", "journal_unavailable", "journal_behind"}  # the answer was lost, or came too late
LARGE = 64 << 10  # bytes; larger bodies are parsed in a thread, to not delay other requests
_ESCAPED = re.compile(rb"(?:[^%]|%(?:[0-9A-Fa-f]{2})?+){1,65536}", re.DOTALL)  # pieces that split no escape


@dataclass(slots=True)
class Draft(Generic[Given]):
    """A parsed request: its fields, and its files, which are already stored."""

    request: Given
    uploads: Uploads
    files: list[Upload] = field(default_factory=list)

    async def handed_in(self, answer: Awaitable[Made]) -> Made:
        """Return the coordinator's answer; a refusal leaves no files, unless the request may have been accepted."""
        try:
            return await answer
        except BatchError as error:
            if error.code not in _PERHAPS:  # unused uploads expire
                await self.drop()
            raise

    async def drop(self) -> None:
        """Remove the files: no batch names them."""
        await self.uploads.drop(upload.id for upload in self.files)


class BodyReader:
    """Reads requests that name photos, or bring them along."""

    def __init__(self, uploads: Uploads, max_photos: int) -> None:
        self._uploads = uploads
        self._max_photos = max_photos
        self._one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def read(self, request: Request, kind: type[Given], claim_as: str, owner: str) -> AsyncIterator[Draft[Given]]:
        """Read a request's body; its files belong to the owner. After an ApiError nothing of it is left.

        Until the end of the block its files count for the owner, under `claim_as`; a batch should name them by then.
        """
        content_type = request.headers.get("content-type", "")
        fields = SubmitFields(kind, self._max_photos)
        match content_type.partition(";")[0].strip().lower():
            case "application/json":
                yield Draft(await self.read_json(request, kind), self._uploads)
            case "application/x-www-form-urlencoded":
                body = await whole(request, MAX_FIELDS_BYTES)
                yield Draft(await self._apart(len(body), lambda: _urlencoded(body, fields)), self._uploads)
            case "multipart/form-data":
                async with self._uploads.claims.form(request, claim_as, owner) as claim:
                    yield await self._multipart(Form(content_type, pieces(request)), fields, request, owner, claim)
            case _:
                kinds = "application/json, multipart/form-data or application/x-www-form-urlencoded"
                raise ApiError("unsupported_media", f"Send the batch as {kinds}.")

    async def read_json(self, request: Request, kind: type[Given]) -> Given:
        """Read a request whose body is JSON; raises ApiError."""
        fields = SubmitFields(kind, self._max_photos)
        body = await whole(request, MAX_JSON_BYTES)
        return await self._apart(len(body), lambda: fields.take_json(body))

    async def _multipart(
        self, form: Form, fields: SubmitFields[Given], request: Request, owner: str, claim: FormClaim
    ) -> Draft[Given]:
        files: list[Upload] = []
        room, so_far = MAX_FIELDS_BYTES, 0
        try:
            async for part in form.parts():
                if part.filename is None:
                    value = await _field(form.content(), room, body_budget.of(request.scope))
                    room -= len(value)
                    await self._apart(len(value), partial(fields.add, part.name, value))
                else:
                    await claim.next_file(so_far)
                    so_far += await self._file(part.name, part.filename, form, files, owner)
            return Draft(fields.take_form(), self._uploads, files)
        except BaseException:
            await self._uploads.drop(upload.id for upload in files)
            raise

    async def _apart(self, size: int, work: Callable[[], Made]) -> Made:
        """Run the parsing of a body: a large one in a thread, one at a time, and to its end."""
        if size < LARGE:
            return work()
        async with self._one_at_a_time:
            working = asyncio.ensure_future(asyncio.to_thread(work))
            try:
                return await asyncio.shield(working)
            except asyncio.CancelledError:
                await asyncio.wait([working])  # it holds its memory until then
                raise

    async def _file(self, name: str, filename: str, form: Form, files: list[Upload], owner: str) -> int:
        """Store a file and return its bytes."""
        if name != FILES:
            detail = f"The form has a file in {name:.80}; photos belong into {FILES} (curl -F {FILES}=@photo.jpg)."
            raise ApiError("invalid_request", detail, name[:80])
        if not filename:  # an empty file input
            return 0
        if len(files) >= self._max_photos:
            detail = f"One batch may hold {self._max_photos} photos; split them into several batches."
            raise ApiError("too_many_photos", detail, FILES)
        files.append(await self._uploads.take_part(form.content(), filename, owner))
        return files[-1].bytes


def pieces(request: Request) -> AsyncIterator[bytes]:
    """Return a request's body piece by piece, for a reader that has limits of its own and counts what it keeps."""
    body_budget.of(request.scope).in_pieces = True
    return request.stream()


async def whole(request: Request, limit: int) -> bytearray:
    """Return a request's body; raises ApiError `too_large`, BatchError `busy`."""
    size = declared_size(request) or 0
    body = bytearray()
    if size <= limit:
        share = body_budget.of(request.scope)
        share.expect(size)
        async for piece in pieces(request):
            share.hold(len(piece))
            body += piece
            if len(body) > limit:
                break
        else:
            return body
    raise ApiError("too_large", f"The request is larger than {limit >> 20} MB, which is the limit here.")


async def _field(content: AsyncIterator[bytes], room: int, share: body_budget.Share) -> bytes:
    value = bytearray()
    async for piece in content:
        share.hold(len(piece))
        value += piece
        if len(value) > room:
            raise ApiError("too_large", f"The fields of the form are larger than {MAX_FIELDS_BYTES >> 20} MB in all.")
    return bytes(value)


def _urlencoded(body: bytearray, fields: SubmitFields[Given]) -> Given:
    if body.count(b"&") >= MAX_FIELDS:
        raise ApiError("invalid_form", f"The form has more than {MAX_FIELDS} fields; lists are one JSON string.")
    if body.lstrip().startswith((b"{", b"[")):  # a name of ours begins with neither
        raise ApiError("invalid_request", explain.NO_JSON)
    for pair in body.split(b"&"):
        name, _, value = pair.partition(b"=")
        if pair:
            given = _unescaped(value)
            _text(given)
            fields.add(_text(_unescaped(name)), given)
    return fields.take_form()


def _unescaped(text: bytearray) -> bytes:
    """Decode percent-encoding in pieces. `unquote_to_bytes` of the whole text takes fifty times its memory."""
    plain = text.replace(b"+", b" ")
    return b"".join(unquote_to_bytes(piece[0]) for piece in _ESCAPED.finditer(plain))


def _text(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise ApiError("invalid_form", "The form can't be read: it is not urlencoded UTF-8 text.") from None
