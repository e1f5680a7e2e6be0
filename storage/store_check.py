"""Checks that a blob store supports every operation, before anything is started."""

from storage import remote
from storage.blobs import Blobs
from storage.errors import StorageError

PROBE = "health/check"


async def check_store(url: str) -> None:
    """Write, read, list, copy and delete a small blob; raises StorageError that says what to do."""
    try:
        await _use(Blobs(url, remote.HASTY))
    except StorageError as error:
        raise StorageError(remote.advice(url, error.__cause__ or error)) from error


async def _use(blobs: Blobs) -> None:
    await blobs.put(f"{PROBE}/a", b"ok")
    if await blobs.get(f"{PROBE}/a") != b"ok":
        raise StorageError("it does not give back what was put into it")
    await blobs.copy(f"{PROBE}/a", f"{PROBE}/b")
    if len([key async for key in blobs.list(PROBE)]) < 2:
        raise StorageError("it does not list what was put into it")
    await blobs.delete_prefix(PROBE)
