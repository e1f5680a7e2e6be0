"""Fetches a photo from its source: an upload, a file or object below an allowed place, or http(s)."""

import asyncio
import json
import logging
import os
import stat
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, cast
from urllib.parse import unquote_to_bytes, urlsplit

from actors.messages.errors import SourceError
from actors.sources.web_source import WebSource
from storage import remote
from storage.blobs import Blobs
from storage.errors import BlobNotFoundError, DeniedError, InvalidKeyError, StorageError, TooLargeError
from storage.keys import upload_key, upload_record_key
from storage.objects import Objects, Place

log = logging.getLogger(__name__)

SCHEMES = ("http", "https", "upload", "file", *remote.SCHEMES)


class Roots(NamedTuple):
    """The files and objects that clients may name. Empty by default."""

    files: tuple[str, ...] = ()  # folders
    objects: tuple[str, ...] = ()  # addresses that end in /


class Fetcher:
    """Fetches photos for one worker."""

    def __init__(self, blobs: Blobs, *, max_bytes: int, roots: Roots, allowed_hosts: frozenset[str]) -> None:
        self._blobs = blobs
        self._max_bytes = max_bytes
        self._roots = roots
        self._objects = Objects()
        self._web = WebSource(max_bytes, allowed_hosts)

    async def fetch(self, source: str) -> bytes:
        """Return the photo's bytes; raises SourceError, storage.errors.StorageError."""
        scheme, _, rest = source.partition(":")
        if scheme == "upload":
            return await self._upload(rest)
        if scheme == "file":
            return await asyncio.to_thread(self._file, source)
        if scheme in {"http", "https"}:
            return await self._web.fetch(source)
        if scheme in remote.SCHEMES:
            return await self._object(source)
        raise SourceError("unsupported_source", f"{scheme}: is no source of photos; use {', '.join(SCHEMES)}.")

    async def changed_at(self, source: str) -> str | None:
        """Return the local time of a file in ISO 8601, as its client or the disk says it; None where nobody does."""
        with suppress(SourceError, StorageError, OSError, ValueError):
            if source.startswith("upload:"):
                told = json.loads(await self._blobs.get(upload_record_key(source.removeprefix("upload:"))))
                return cast("str | None", told.get("changed"))
            if source.startswith("file:"):
                found = await asyncio.to_thread(allowed_path(source, self._roots.files).stat)
                return datetime.fromtimestamp(int(found.st_mtime)).isoformat()
        return None

    async def _upload(self, upload_id: str) -> bytes:
        try:
            return await self._blobs.get(upload_key(upload_id))
        except BlobNotFoundError:
            raise await self._why_missing(upload_id) from None

    async def _why_missing(self, upload_id: str) -> SourceError:
        """Return why an upload has no file: the record of a refused one (too large, for example) says it."""
        with suppress(BlobNotFoundError):
            error = json.loads(await self._blobs.get(upload_record_key(upload_id)))["error"]
            if error:
                return SourceError(error["code"], error["message"])
        return SourceError("upload_not_found", "This upload does not exist or has expired; upload it again.")

    def _file(self, source: str) -> bytes:
        path = allowed_path(source, self._roots.files)
        try:
            # Without blocking: opening a pipe without a writer would block this thread for ever.
            with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise SourceError("invalid_source", "This is no ordinary file; name photos.")
                # Not `read(self._max_bytes + 1)`: Python would allocate that much, which takes 3 ms.
                data = file.read(min(found.st_size, self._max_bytes) + 1)
                if len(data) > found.st_size:  # it has just grown
                    data += file.read(self._max_bytes + 1 - len(data))
        except IsADirectoryError:
            raise SourceError("invalid_source", "This is a folder; name the photos in it.") from None
        except PermissionError:
            raise SourceError("forbidden_path", "This file may not be read; check its permissions.") from None
        except (OSError, ValueError):
            raise SourceError("source_not_found", "There is no such file.") from None
        if len(data) > self._max_bytes:
            raise SourceError("too_large", f"The file is larger than {self._max_bytes / 1e6:,.0f} MB.")
        return data

    async def _object(self, source: str) -> bytes:
        place = allowed_object(source, self._roots.objects)
        try:
            return await self._objects.read(place, self._max_bytes)
        except BlobNotFoundError:
            raise SourceError("source_not_found", "There is no such object.") from None
        except TooLargeError:
            raise SourceError("too_large", f"The object is larger than {self._max_bytes / 1e6:,.0f} MB.") from None
        except DeniedError:
            detail = "The service may not read this object, or there is none; allow it s3:GetObject there."
            raise SourceError("forbidden_source", detail) from None
        except StorageError as error:
            log.warning("reading %s failed: %s", place, error)
            raise SourceError("fetch_failed", "The store of this object does not answer.", retryable=True) from error


def allowed_object(source: str, roots: tuple[str, ...]) -> Place:
    """Return what an `s3:`, `gs:` or `az:` source names; raises SourceError `invalid_source`, `forbidden_path`."""
    try:
        place = Place.parse(source)
    except InvalidKeyError as error:
        raise SourceError("invalid_source", f"This is not the address of an object: {error}.") from None
    if not any(place.within(Place.parse(root)) for root in roots):
        raise SourceError(
            "forbidden_path",
            "Objects may be read only below the configured addresses (BATCH_SOURCE_URLS); upload it instead.",
        )
    return place


def allowed_path(source: str, roots: tuple[str, ...]) -> Path:
    """Return the path of a `file:` source, symlinks resolved.

    Raises SourceError `forbidden_path` outside the roots, `invalid_source` for an impossible path.
    """
    try:
        parts = urlsplit(source)
        path = Path(os.fsdecode(unquote_to_bytes(parts.path))).resolve()  # file names are bytes, not always UTF-8
    except (ValueError, OSError, RuntimeError):  # a NUL in it, a loop of links
        raise SourceError("invalid_source", "This is not a valid path; check the file's name.") from None
    inside = any(path.is_relative_to(Path(root).resolve()) for root in roots)
    if parts.netloc not in {"", "localhost"} or not inside:
        raise SourceError(
            "forbidden_path",
            "Files may be read only below the configured folders (BATCH_FILE_ROOTS); upload it instead.",
        )
    return path
