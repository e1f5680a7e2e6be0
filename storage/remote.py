"""Remote object stores: opening, retries, and the meaning of their errors."""

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import obstore
from obstore.store import MemoryStore, from_url

from storage.errors import StorageError, TooLargeError

if TYPE_CHECKING:
    from obstore.store import ObjectStore, RetryConfig

SCHEMES = ("s3", "gs", "az")
PART = 8 << 20  # bytes of one request; S3 accepts no part below 5 MiB

# A store that answers 503 SlowDown needs a pause of seconds, not minutes. After about 20 s of waiting the caller gets
# the error: a photo has its own back-off, and a client gets a 503. obstore's default, ten tries within three minutes,
# would block other photos, and a client's request, for that long.
PATIENT: "RetryConfig" = {
    "max_retries": 8,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=5), "base": 2},
}
HASTY: "RetryConfig" = {"max_retries": 1, "retry_timeout": timedelta(seconds=5)}  # a person waits at a terminal

# Time-outs are obstore's: 5 s to connect, 30 s for a request with its body. Therefore no request has more than PART
# bytes, which a line of 3 Mbit/s can carry. `client_options` are not set: they would replace those that obstore reads
# from the environment (AWS_ALLOW_HTTP, AWS_TIMEOUT, AWS_PROXY_URL, …).

_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist|container does not exist")
_DENIED = re.compile(r"\b40[13] |AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|lacked the necessary privileges")
_NO_CREDENTIALS = re.compile(
    r"Missing(AccessKeyId|SecretAccessKey|Account)|169\.254\.169\.254|metadata\.google|Account must"
)
_PLAIN_HTTP = re.compile(r"builder error|URL scheme is not allowed")


def open_store(url: str, retry: "RetryConfig") -> "ObjectStore":
    """Open a store; its credentials and endpoint come from the environment of this process, read by obstore."""
    return MemoryStore() if url == "memory://" else from_url(url, retry_config=retry)


def is_missing_bucket(error: BaseException) -> bool:
    """Say whether the whole bucket (container) is missing."""
    return _NO_BUCKET.search(str(error)) is not None


def is_denied(error: BaseException) -> bool:
    """Say whether credentials are missing, wrong, or insufficient."""
    return bool(_DENIED.search(str(error)) or _NO_CREDENTIALS.search(str(error)))


async def read(store: "ObjectStore", key: str, limit: int | None = None) -> bytes:
    """Return a whole object of any size; raises obstore's errors, TooLargeError above `limit` bytes.

    Raises StorageError if bytes are missing. Large objects are read in parts, all of the same version.
    """
    found = await obstore.get_async(store, key)
    size = found.meta["size"]
    if limit is not None and size > limit:
        raise TooLargeError(f"{key} has {size} bytes, more than {limit}.")
    if size <= PART:
        return _complete(key, (await found.bytes_async()).to_bytes(), size)
    same: Any = {"if_match": found.meta["e_tag"]} if found.meta["e_tag"] else {}
    del found  # nothing of its body was read
    gate = asyncio.Semaphore(2)

    async def part(start: int) -> bytes:
        end = min(start + PART, size)
        async with gate:
            got = await obstore.get_async(store, key, options=same | {"range": (start, end)})
            return _complete(key, (await got.bytes_async()).to_bytes(), end - start)

    return b"".join(await asyncio.gather(*(part(start) for start in range(0, size, PART))))


def advice(url: str, error: BaseException) -> str:
    """Return a sentence for the operator: what is wrong with the store, and what to do."""
    said = str(error)
    scheme = url.partition(":")[0]
    place = f"BATCH_BLOB_URL ({url})"
    ours = {"s3": "AWS_*", "gs": "GOOGLE_*", "az": "AZURE_*"}.get(scheme, "its")
    if is_missing_bucket(error):
        return f"The bucket of {place} does not exist; make it, or correct the name."
    if _NO_CREDENTIALS.search(said):
        return f"There are no credentials for {place}; set the {ours} variables in the environment of every node."
    if _DENIED.search(said):
        return (
            f"The store refuses what {place} needs; check the {ours} credentials and that they may read, write, list "
            "and delete there."
        )
    if _PLAIN_HTTP.search(said):
        return f"The endpoint of {place} is plain http; set AWS_ALLOW_HTTP=true if that is meant."
    if "error sending request" in said or "timed out" in said or "operation timed out" in said:
        return f"Nothing answers at {place}; check the endpoint (AWS_ENDPOINT_URL for s3) and the network."
    return f"{place} cannot be used: {said.partition(chr(10))[0].rstrip('.')}."


def _complete(key: str, data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise StorageError(f"The blob store sent {len(data)} of {size} bytes of {key}.")
    return data
