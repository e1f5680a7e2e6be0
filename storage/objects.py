"""Objects in other people's buckets: named by an address, read, and listed page by page."""

import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

import obstore
from obstore.exceptions import BaseError

from storage import remote
from storage.errors import BlobNotFoundError, DeniedError, InvalidKeyError, StorageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PAGE = 1000  # keys; the most that S3 returns
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNREADABLE = re.compile(r"contained empty path segment|illegal character sequence|Could not parse path")


class Place(NamedTuple):
    """An object, or with a key that ends in `/` (or is empty) all objects below it."""

    scheme: str
    bucket: str
    key: str  # as in the store, not percent-encoded

    @classmethod
    def parse(cls, address: str) -> "Place":
        """Read `s3://bucket/key` (also gs, az); the key is percent-encoded, as in any address.

        Raises InvalidKeyError if it names no object: `..`, empty parts, `?`, `#`.
        """
        scheme, _, rest = address.partition("://")
        bucket, _, path = rest.partition("/")
        if scheme not in remote.SCHEMES or not _BUCKET.fullmatch(bucket):
            raise InvalidKeyError("write it as s3://bucket/key (also gs:// and az://)")
        if "?" in path or "#" in path:
            raise InvalidKeyError("a ? or # in a key is written %3F or %23")
        try:
            key = unquote(path, errors="strict")
        except UnicodeDecodeError:
            raise InvalidKeyError("its key is not UTF-8") from None
        parts = key.removesuffix("/").split("/") if key else []
        if any(part in {"", ".", ".."} or _CONTROL.search(part) for part in parts) or len(key.encode()) > 1024:
            raise InvalidKeyError(
                "its key has empty, . or .. parts or control characters, or is longer than 1,024 bytes"
            )
        return cls(scheme, bucket, key)

    @property
    def is_prefix(self) -> bool:
        """Whether it stands for all objects below it."""
        return self.key == "" or self.key.endswith("/")

    def at(self, key: str) -> "Place":
        """Return the place of another object in the same bucket."""
        return self._replace(key=key)

    def within(self, prefix: "Place") -> bool:
        """Say whether it is below a prefix: `folder2/x` is not below `folder/`."""
        return self[:2] == prefix[:2] and self.key.startswith(prefix.key)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{quote(self.key)}"


class Objects:
    """Reads with the credentials of this process; callers check which places may be read.

    Its methods raise BlobNotFoundError (no such object or bucket), DeniedError, TooLargeError, and StorageError for
    temporary failures.
    """

    def __init__(self) -> None:
        self._stores: dict[tuple[str, str], ObjectStore] = {}

    async def read(self, place: Place, limit: int) -> bytes:
        """Return an object of at most `limit` bytes; a larger one is not read."""
        with _translated(place):
            return await remote.read(self._store(place), place.key, limit)

    async def pages(self, prefix: Place, after: str | None) -> AsyncIterator[list[str]]:
        """Yield pages of keys below a prefix, in the store's order, starting after a given key.

        Folder markers are included, without their `/`.
        """
        with _translated(prefix):
            pages = obstore.list(
                self._store(prefix), prefix.key.removesuffix("/") or None, offset=after, chunk_size=PAGE
            )
        while True:
            with _translated(prefix):
                page = await anext(pages, None)
            if page is None:
                return
            keys = [each["path"] for each in page]
            if after is not None and prefix.scheme != "s3":
                # Not every Azure can start at a key, but all of them list by name. S3 can, and compatible stores may
                # have an order of their own.
                keys = [key for key in keys if key.encode() > after.encode()]
            if keys:
                yield keys

    def _store(self, place: Place) -> "ObjectStore":
        name = place.scheme, place.bucket
        if name not in self._stores:
            self._stores[name] = remote.open_store(f"{place.scheme}://{place.bucket}", remote.PATIENT)
        return self._stores[name]


@contextlib.contextmanager
def _translated(place: Place) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        if remote.is_missing_bucket(error):
            raise BlobNotFoundError(f"There is no bucket {place.bucket}, or not for this service.") from error
        if isinstance(error, FileNotFoundError):
            raise BlobNotFoundError(f"There is no object {place}.") from error
        if remote.is_denied(error):
            raise DeniedError(f"The service may not read {place}.") from error
        if _UNREADABLE.search(str(error)):
            raise InvalidKeyError(f"Below {place} are keys with empty, . or .. parts, which cannot be read.") from error
        raise StorageError(f"{place} does not answer: {str(error).partition(chr(10))[0]}") from error
