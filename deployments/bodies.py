"""The body of a submit in its three shapes: JSON, urlencoded form, multipart form with files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import ValidationError
from pydantic_core import from_json

from deployments import explain
from deployments.multipart import Form
from deployments.problems import ApiError
from deployments.upload_claims import FormClaim
from deployments.uploads import Upload, Uploads
from photobatch.schemas import SubmitRequest

MAX_JSON_BYTES = 32 << 20
MAX_FIELDS_BYTES = 8 << 20  # of a form, all its fields together
FILES = "files"
_JSON_FIELDS = {"image_urls", "photos", "preset_params", "output", "metadata"}
_OPTIONAL = {"user_id", "preset_id", "preset_type", "priority", "callback_url", FILES} | _JSON_FIELDS


@dataclass(slots=True)
class Draft:
    """A submit as it was read: its fields, and its files, which are stored already."""

    request: SubmitRequest
    files: list[Upload] = field(default_factory=list)


class BodyReader:
    """Reads submits."""

    def __init__(self, uploads: Uploads, max_photos: int) -> None:
        self._uploads = uploads
        self._max_photos = max_photos

    @asynccontextmanager
    async def read(self, request: Request, task_id: str, owner: str) -> AsyncIterator[Draft]:
        """Read a request's body, whose files are the owner's; raises ApiError, and then nothing of it is left.

        Until the end of the block its files are counted for the owner; a batch should name them by then.
        """
        content_type = request.headers.get("content-type", "")
        match content_type.partition(";")[0].strip().lower():
            case "application/json":
                yield Draft(_validated(_json(await whole(request, MAX_JSON_BYTES))))
            case "application/x-www-form-urlencoded":
                yield Draft(_of_fields(_urlencoded(await whole(request, MAX_FIELDS_BYTES))))
            case "multipart/form-data":
                async with self._uploads.claims.form(request, task_id, owner) as claim:
                    yield await self._multipart(Form(content_type, request.stream()), owner, claim)
            case _:
                kinds = "application/json, multipart/form-data or application/x-www-form-urlencoded"
                raise ApiError("unsupported_media", f"Send the batch as {kinds}.")

    async def _multipart(self, form: Form, owner: str, claim: FormClaim) -> Draft:
        fields: list[tuple[str, str]] = []
        files: list[Upload] = []
        room = MAX_FIELDS_BYTES
        try:
            async for part in form.parts():
                if part.filename is None:
                    value = await _field(form.content(), room)
                    room -= len(value)
                    fields.append((part.name, _utf8(value, part.name)))
                else:
                    await claim.next_file(sum(file.bytes for file in files))
                    await self._file(part.name, part.filename, form, files, owner)
            return Draft(_of_fields(fields), files)
        except BaseException:
            await self._uploads.drop(upload.id for upload in files)
            raise

    async def _file(self, name: str, filename: str, form: Form, files: list[Upload], owner: str) -> None:
        if name != FILES:
            raise ApiError("invalid_request", f"{name:.80} can't be a file; send photos as {FILES}.", name[:80])
        if not filename:  # a file input in which nothing was chosen
            return
        if len(files) >= self._max_photos:
            detail = f"One batch may hold {self._max_photos} photos; split them into several batches."
            raise ApiError("too_many_photos", detail, FILES)
        files.append(await self._uploads.take_part(form.content(), filename, owner))


async def whole(request: Request, limit: int) -> bytes:
    """Return a request's body; raises ApiError `too_large`."""
    declared = request.headers.get("content-length", "")
    body = bytearray()
    if not (declared.isdigit() and int(declared) > limit):
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                break
        else:
            return bytes(body)
    raise ApiError("too_large", f"The request is larger than {limit >> 20} MB, which is the limit here.")


async def _field(content: AsyncIterator[bytes], room: int) -> bytes:
    value = bytearray()
    async for piece in content:
        value += piece
        if len(value) > room:
            raise ApiError("too_large", f"The fields of the form are larger than {MAX_FIELDS_BYTES >> 20} MB in all.")
    return bytes(value)


def _json(text: bytes | str, name: str | None = None) -> Any:
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        what = name or "The body"
        raise ApiError("invalid_json", f"{what} is not valid JSON: {error}.", name) from None


def _utf8(value: bytes, name: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ApiError("invalid_request", f"{name:.80} is not UTF-8 text.", name[:80]) from None


def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise ApiError("invalid_form", "The form can't be read: it is not urlencoded UTF-8 text.") from None


def _of_fields(fields: list[tuple[str, str]]) -> SubmitRequest:
    """Return the request that a form makes; fields left empty count as absent."""
    given: dict[str, Any] = {}
    for name, value in fields:
        if name in given:
            detail = f"{name:.80} is given twice; lists are written as one JSON string."
            raise ApiError("invalid_request", detail, name[:80])
        if name == FILES and value:
            raise ApiError("invalid_request", "Each of files must be a file, with its file name.", FILES)
        if value.strip() or name not in _OPTIONAL:
            given[name] = _json(value, name) if name in _JSON_FIELDS else value
    return _validated(given)


def _validated(given: Any) -> SubmitRequest:
    try:
        return SubmitRequest.model_validate(given)
    except ValidationError as error:
        raise ApiError(*explain.first(error.errors(include_url=False))) from None
