"""The upload budget: how many bytes of uploads that no batch names each user may have."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

from actors.batches.batch import Batch
from actors.batches.ledger import Ledger
from actors.messages.errors import BatchError
from storage.blobs import Blobs
from storage.errors import BlobNotFoundError, InvalidKeyError
from storage.keys import upload_record_key

DISK_SHARE = 0.8  # of the disk space; the rest is for other users and for results
COMING_S = 3600.0  # an upload that takes longer belongs to a killed request
AT_ONCE = 16  # records read concurrently


@dataclass(frozen=True, slots=True)
class _Held:
    user: str
    size: int
    until: float  # monotonic: until then it may still be arriving, and not be in the store


class UploadBudget:
    """Counts the bytes of uploads by user, from their announcement until a batch names them or they are removed.

    The store is authoritative: it has a record of each upload. The sweeper calls `compare` when a coordinator starts
    and every 15 minutes, so a restart loses nothing, and nothing is counted for ever.
    """

    def __init__(self, limit: int | None, free: Callable[[], int | None]) -> None:
        """`free` returns the bytes free on the store's disk, None if there is no such limit."""
        self._limit = limit
        self._free = free
        self._held: dict[str, _Held] = {}
        self._by_user: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, name: str, user: str, size: int) -> None:
        """Count bytes announced or received under a name; raises BatchError `too_many_uploads`.

        The same name again changes its size. A name is the id of an upload, or of a batch submitted with its files.
        """
        known = self._held.get(name)
        more = size - (known.size if known else 0)
        limit = self._limit_now()
        if limit is not None and more > 0 and self._by_user[user] + more > limit:
            why = "" if limit == self._limit else ", because the disk has no more room"
            raise _too_many(self._by_user[user], more, limit, why)
        self._count(name, _Held(user, size, time.monotonic() + COMING_S))

    def release(self, names: Iterable[str]) -> None:
        """Stop counting these: a batch names them, or they are removed."""
        for name in names:
            if held := self._held.pop(name, None):
                self._by_user[held.user] -= held.size
                if self._by_user[held.user] <= 0:
                    del self._by_user[held.user]

    def made(self, batch: Batch) -> None:
        """Note that a batch names its uploads."""
        if self._held:
            self.release(batch.uploads())

    async def compare(self, stored: Set[str], ledger: Ledger, blobs: Blobs) -> None:
        """Correct the counts: `stored` are the ids of all uploads in the store. Raises StorageError."""
        now = time.monotonic()
        gone = [name for name, held in self._held.items() if name not in stored and held.until <= now]
        self.release(gone + [name for name in self._held if ledger.wants_upload(name)])
        unknown = [name for name in stored if name not in self._held and not ledger.wants_upload(name)]
        for first in range(0, len(unknown), AT_ONCE):
            names = unknown[first : first + AT_ONCE]
            for name, found in zip(names, await asyncio.gather(*(_read(blobs, name) for name in names)), strict=True):
                # A batch may have come meanwhile.
                if found and name not in self._held and not ledger.wants_upload(name):
                    self._count(name, found)

    def _count(self, name: str, held: _Held) -> None:
        self.release([name])
        self._held[name] = held
        self._by_user[held.user] += held.size

    def _limit_now(self) -> int | None:
        free = self._free()
        if self._limit is None or free is None:
            return self._limit
        return min(self._limit, int(DISK_SHARE * (free + self._by_user.total())))


async def _read(blobs: Blobs, upload_id: str) -> _Held | None:
    """Return the record of an upload; None if there is none: it is still arriving, or only remains of it are left."""
    try:
        record = json.loads(await blobs.get(upload_record_key(upload_id)))
    except (BlobNotFoundError, InvalidKeyError):
        return None
    return _Held(record["user_id"], record["bytes"], 0.0)


def _too_many(held: int, more: int, limit: int, why: str) -> BatchError:
    detail = (
        f"Your uploads that no batch names take {held / 1e6:,.1f} MB, and {more / 1e6:,.1f} MB more are above your "
        f"limit of {limit / 1e6:,.1f} MB{why}. Name them in a batch; those that no batch names are removed in time."
    )
    return BatchError("too_many_uploads", detail)
