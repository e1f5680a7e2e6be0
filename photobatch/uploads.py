"""Uploads of files: streamed from disk, a few at a time, with retries."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from photobatch.connection import Connection
from photobatch.errors import InvalidRequestError, PhotoBatchError, of_validation
from photobatch.parallel import OnProgress, in_parallel
from photobatch.photos import Given
from photobatch.schemas import PhotoInput, SignedUpload, Upload

_PIECE = 256 << 10
_ITS_OWN_FAULT = frozenset({413, 415, 422})
_NO_SUCH_ROUTE = frozenset({404, 405})  # of an earlier service


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused file and the reason: it is not a photo, too large, or cannot be read."""

    path: Path
    error: InvalidRequestError


async def upload(connection: Connection, path: Path) -> Upload:
    """Upload one file, to the store itself if the service allows it; raises PhotoBatchError.

    The code is `unreadable` if it cannot be read.
    """
    name = os.fsencode(path.name).decode(errors="replace")  # names are bytes on Linux
    try:
        found = await asyncio.to_thread(path.stat)
        size, changed = found.st_size, datetime.fromtimestamp(int(found.st_mtime)).isoformat()
        await asyncio.to_thread(_readable, path)
        if connection.signs and size and (sent := await _send_to_store(connection, path, name, size, changed)):
            return sent
        return await connection.ask(
            Upload,
            "POST",
            "/uploads",
            params={"name": name, "changed": changed},
            body=lambda: _pieces(path, size),
            headers={"Content-Length": str(size), "Content-Type": "application/octet-stream"},
        )
    except OSError as error:
        said = f"{path} cannot be read: {error.strerror}. Check its permissions."
        raise InvalidRequestError("unreadable", said) from None


async def _send_to_store(connection: Connection, path: Path, name: str, size: int, changed: str) -> Upload | None:
    """Send a file to the store itself; None if the service gives out no addresses, or the store cannot be reached."""
    try:
        signed = await connection.ask(SignedUpload, "POST", "/uploads/signed", json={"name": name, "bytes": size})
        if await connection.put(
            signed.url, lambda: _pieces(path, size), {**signed.headers, "Content-Length": str(size)}
        ):
            return await connection.ask(Upload, "POST", f"/uploads/{signed.id}/accept", params={"changed": changed})
    except PhotoBatchError as error:
        if error.code != "cannot_sign" and error.status not in _NO_SUCH_ROUTE:
            raise
    connection.signs = False  # the next file does not ask again
    return None


OnEach = Callable[[int, PhotoInput | Refused], Awaitable[None]]


async def upload_all(
    connection: Connection,
    photos: Sequence[Given],
    width: int,
    on_progress: OnProgress | None = None,
    on_each: OnEach | None = None,
) -> tuple[list[PhotoInput], list[Refused]]:
    """Upload the files among the photos; return the photos to submit, in order, and the refused files.

    One bad file never stops the others. `on_each` is awaited for each photo that is done, with its place.
    """

    async def one(numbered: tuple[int, Given]) -> PhotoInput | Refused:
        place, photo = numbered
        done = await sent_or_refused(photo)
        if on_each:
            await on_each(place, done)
        return done

    async def sent_or_refused(photo: Given) -> PhotoInput | Refused:
        if isinstance(photo.source, str):
            try:
                return PhotoInput(source=photo.source, params=photo.params)
            except ValidationError as error:
                raise of_validation(error) from None
        try:
            return PhotoInput(source=(await upload(connection, photo.source)).source, params=photo.params)
        except InvalidRequestError as error:
            if error.status is not None and error.status not in _ITS_OWN_FAULT:
                raise
            return Refused(photo.source, error)

    sent = await in_parallel(one, list(enumerate(photos)), width, on_progress)
    return [one for one in sent if isinstance(one, PhotoInput)], [one for one in sent if isinstance(one, Refused)]


def none_left(refused: Sequence[Refused]) -> InvalidRequestError:
    """Return the error when no file can be submitted: it names the first one and its reason."""
    name, error = refused[0].path.name, refused[0].error
    said = error.detail if name in error.detail else f"{name}: {error.detail}"
    more = f" {len(refused) - 1} more were refused." if len(refused) > 1 else ""
    return InvalidRequestError(error.code, f"{said}{more}", error.status)


def _readable(path: Path) -> None:
    with path.open("rb"):
        pass


async def _pieces(path: Path, size: int) -> AsyncIterator[bytes]:
    """Yield a file in pieces, without data appended since its size was read."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while size > 0 and (piece := await asyncio.to_thread(file.read, min(_PIECE, size))):
            size -= len(piece)
            yield piece
    finally:
        file.close()
    if size:
        raise OSError(0, f"it became {size} bytes shorter while it was read", os.fspath(path))
