"""Expansion: lists the objects below the prefixes of a batch, page by page, after the batch was accepted."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from actors.batches.batch import Batch
from actors.batches.events import Listed, Photos, Prefixes, contents
from actors.batches.ledger import Ledger
from actors.coordinator.admission import Admission
from actors.coordinator.dispatch import Dispatch
from actors.coordinator.hold import Hold
from actors.messages.records import Json, PhotoSpec
from actors.photos.retries import backoff_s
from models.codec.raw.kinds import is_installed
from storage.errors import StorageError
from storage.objects import Objects, Place

log = logging.getLogger(__name__)

# As for folders on a command line (photobatch/inputs.py); an object that a client names itself may have any name.
_RAW = (".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".raf", ".rw2", ".orf", ".pef", ".srw", ".mrw", ".x3f")
SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif", ".hif"),
    *(_RAW if is_installed() else ()),
)
AT_ONCE = 4  # batches of one user
TRIES = 5  # in a row for one page; each time the store's client has retried for a minute
LONGEST_WAIT_S = 60.0
LOOK_S = 1.0  # interval of checks for room
LONGEST_NAME = 200

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Expander:
    """Lists the prefixes of batches. A page is one event.

    The event holds the photos of a page and the key at its end, so a replay continues there and no photo comes twice.
    """

    def __init__(
        self, ledger: Ledger, dispatch: Dispatch, hold: Hold, spawn: Spawn, *, admission: Admission, max_photos: int
    ) -> None:
        self._ledger = ledger
        self._dispatch = dispatch
        self._hold = hold
        self._admission = admission
        self._spawn = spawn
        self._max_photos = max_photos
        self._objects = Objects()
        self._gates: dict[str, asyncio.Semaphore] = {}  # by user: waiting for room delays no other user
        self._at_work: dict[str, Batch] = {}
        self._stopped = False

    def tick(self) -> None:
        """Start listing batches that are not being listed yet."""
        for task_id, batch in self._ledger.open.items():
            if batch.expanding and task_id not in self._at_work:
                self._at_work[task_id] = batch
                self._spawn(self._expand(batch))

    def stop(self) -> None:
        """Record nothing any more."""
        self._stopped = True

    async def _expand(self, batch: Batch) -> None:
        user = batch.spec.user_id
        try:
            async with self._gates.setdefault(user, asyncio.Semaphore(AT_ONCE)):
                while self._wanted(batch):
                    number = batch.listing.current
                    assert number is not None  # noqa: S101 - for mypy: it is expanding
                    await self._list(batch, number)
        finally:
            del self._at_work[batch.spec.task_id]
            if all(other.spec.user_id != user for other in self._at_work.values()):
                self._gates.pop(user, None)

    async def _list(self, batch: Batch, number: int) -> None:
        """List one prefix to its end, or until its batch is gone; passing failures are retried."""
        prefix = batch.listing.prefixes[number]
        failures = 0
        while self._wanted(batch):
            begun_after = prefix.after
            try:
                await self._pages(batch, number)
            except StorageError as error:
                failures = failures + 1 if prefix.after == begun_after else 1
                log.warning("listing for %s failed (%d): %s", batch.spec.task_id, failures, error)
                if not error.retryable or failures >= TRIES:
                    self._end(batch, number, _why(error, prefix.source))
                    return
                await asyncio.sleep(backoff_s(failures, 1.0, LONGEST_WAIT_S))
            else:
                return

    async def _pages(self, batch: Batch, number: int) -> None:
        prefix = batch.listing.prefixes[number]
        place = Place.parse(prefix.source)
        async for keys in self._objects.pages(place, prefix.after):
            await self._room(batch)
            if not self._wanted(batch):
                return
            rows = [(str(place.at(key)), _name(key), prefix.params) for key in keys if _is_photo(key, place)]
            left = self._max_photos - len(batch.photos)
            full = len(rows) > left
            page = Listed(number, rows[:left], after=keys[-1], over=full, truncated=full, error=None)
            self._dispatch.record(batch, page)
            self._dispatch.wake()
            await self._ledger.durable()  # no faster than the journal
        self._end(batch, number, None if prefix.photos else _empty(prefix.source))

    def _end(self, batch: Batch, number: int, error: Json | None) -> None:
        prefix = batch.listing.prefixes[number]
        if self._wanted(batch) and not prefix.over:
            end = Listed(number, [], after=prefix.after, over=True, truncated=False, error=error)
            self._dispatch.record(batch, end)

    def _wanted(self, batch: Batch) -> bool:
        """Whether this coordinator should still list it: the batch may be cancelled or removed."""
        return not self._stopped and self._ledger.open.get(batch.spec.task_id) is batch and batch.expanding

    async def _room(self, batch: Batch) -> None:
        """Wait while the queue or the disk is full: photos that are not listed yet cost nothing."""
        while self._wanted(batch) and (self._hold.on or not self._has_room(batch)):  # noqa: ASYNC110 - many ends
            await asyncio.sleep(LOOK_S)

    def _has_room(self, batch: Batch) -> bool:
        return self._admission.has_room(batch.spec.user_id, self._ledger.open.values())


def contents_of(photos: list[PhotoSpec]) -> Iterator[Prefixes | Photos]:
    """Return the events that add photos to a batch, some of which are prefixes."""
    prefixes = [photo for photo in photos if is_prefix(photo.source)]
    named = [photo for photo in photos if not is_prefix(photo.source)] if prefixes else photos
    return contents(named, prefixes)


def is_prefix(source: str) -> bool:
    """Say whether a source stands for all objects below it."""
    return source.endswith("/") and source.startswith(("s3://", "gs://", "az://"))


def _is_photo(key: str, prefix: Place) -> bool:
    below = key[len(prefix.key) :]
    hidden = any(part.startswith(".") for part in below.split("/"))
    return key.startswith(prefix.key) and not hidden and below.lower().endswith(SUFFIXES)


def _name(key: str) -> str:
    name = "".join(char for char in key.rpartition("/")[2] if char.isprintable())
    return name[-LONGEST_NAME:] or "photo"


def _empty(source: str) -> Json:
    known = ", ".join(SUFFIXES)
    message = f"There is no photo below {source}. Photos are objects named {known}; name others one by one."
    return {"code": "empty_prefix", "message": message, "retryable": False}


def _why(error: StorageError, source: str) -> Json:
    """Return the error for the batch's owner; the store's own message stays in the log."""
    match error.code:
        case "not_found":
            code, said = "source_not_found", f"There is no bucket for {source}."
        case "forbidden":
            code, said = "forbidden_source", f"The service may not list {source}; allow it s3:ListBucket there."
        case "invalid_key":
            code, said = "invalid_source", f"Keys below {source} have empty, . or .. parts, and nothing can list them."
        case _:
            code, said = "source_unavailable", f"The store of {source} did not answer; retry lists the rest."
    return {"code": code, "message": said, "retryable": error.retryable}
