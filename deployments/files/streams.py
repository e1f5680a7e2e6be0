"""Answers with bytes from the blob store or a file, with ETag, ranges and a name."""

import asyncio
import mimetypes
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from deployments.files import ranges
from deployments.wire import problems
from deployments.wire.names import content_disposition
from deployments.wire.problems import ApiError
from storage.blobs import CHUNK, Blobs

_SHOWN = ("image/jpeg", "image/png", "image/webp", "image/avif", "image/gif", "image/tiff", "image/bmp")
_UNKNOWN = "application/octet-stream"


class Bytes(Protocol):
    """Bytes of a known size that can be read in part."""

    @property
    def size(self) -> int:
        """The number of bytes."""

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `end`."""


@dataclass(frozen=True, slots=True)
class BlobBytes:
    """A blob's bytes."""

    blobs: Blobs
    key: str
    size: int

    @classmethod
    async def find(cls, blobs: Blobs, key: str) -> "BlobBytes":
        """Look a blob up; raises storage.errors.StorageError."""
        return cls(blobs, key, await blobs.size(key))

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield a part of it."""
        return self.blobs.stream(self.key, start, end)


@dataclass(frozen=True, slots=True)
class FileBytes:
    """A file's bytes; the path was checked by the caller."""

    path: Path
    size: int
    changed_ns: int

    @classmethod
    async def find(cls, path: Path) -> "FileBytes":
        """Look a file up; raises ApiError `source_not_found`."""
        try:
            found = await asyncio.to_thread(path.stat)
        except OSError:
            raise _no_file() from None
        if not stat.S_ISREG(found.st_mode):
            raise _no_file()
        return cls(path, found.st_size, found.st_mtime_ns)

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield a part of it."""
        for first in range(start, end, CHUNK):
            yield await asyncio.to_thread(self._piece, first, min(CHUNK, end - first))

    def _piece(self, start: int, size: int) -> bytes:
        with open(self.path, "rb") as file:
            return os.pread(file.fileno(), size, start)


def _no_file() -> ApiError:
    return ApiError("source_not_found", "The file that this photo came from is not there any more.")


def media_type_of(name: str) -> str:
    """Return the media type of a picture by its name; anything else is plain bytes, so that no browser runs it."""
    guessed = mimetypes.guess_type(name)[0]
    return guessed if guessed in _SHOWN else _UNKNOWN


def send(request: Request, content: Bytes, *, etag: str, media_type: str, name: str) -> Response:
    """Answer a GET or HEAD request: 200, 206, 304 or 416."""
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",  # revalidated each time, so that a deleted batch is gone at once
        "Content-Disposition": content_disposition(name, inline=media_type in _SHOWN),
    }
    asked = request.headers
    if ranges.unchanged(asked.get("if-none-match"), etag):
        return Response(status_code=304, headers={name: headers[name] for name in ("ETag", "Cache-Control")})
    partial = asked.get("range") if request.method == "GET" else None
    try:
        span = ranges.wanted(partial, asked.get("if-range"), etag, content.size)
    except ranges.UnsatisfiableError:
        detail = f"The file has {content.size} bytes; ask for a range inside of them."
        shown = {"Content-Range": f"bytes */{content.size}"}
        return problems.problem("range_not_satisfiable", detail, headers=shown)
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{content.size}"
    part = span or ranges.Span(0, content.size)
    headers["Content-Length"] = str(part.end - part.start)
    status = 200 if span is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return StreamingResponse(content.read(part.start, part.end), status, headers, media_type)


def redirect(request: Request, address: str, *, etag: str, media_type: str, name: str) -> Response:
    """Answer a GET or HEAD with a temporary address of the bytes: 307, or 304 if the client has them.

    This answer has the ETag and Content-Disposition, because the store's answer has a different ETag and no name.
    """
    headers = _headers(etag, media_type, name)
    if ranges.unchanged(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers={name: headers[name] for name in ("ETag", "Cache-Control")})
    return Response(status_code=307, headers=headers | {"Location": address, "Cache-Control": "private, no-store"})


def _headers(etag: str, media_type: str, name: str) -> dict[str, str]:
    return {
        "ETag": etag,
        "Cache-Control": "private, no-cache",  # revalidated each time, so that a deleted batch is gone at once
        "Content-Disposition": content_disposition(name, inline=media_type in _SHOWN),
        "X-Content-Type-Options": "nosniff",
    }
