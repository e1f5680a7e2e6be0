"""The journal: an append-only list of events for each batch, owned by one epoch at a time.

A batch may also have a snapshot: one entry that stands for all its entries so far, so that a replay need not read them.
The entries stay.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.position import Position


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of one batch; the journal does not look into `body`."""

    batch_id: str
    version: int  # epoch * 2**32 + n: grows strictly within a batch
    body: bytes


class Journal(Protocol):
    """The coordinator's decisions, durable before anybody is told."""

    def open(self) -> int:
        """Take the next epoch, durably, and return it; from now on no older epoch can commit. Blocking."""
        ...

    def replay(self) -> Iterator[Entry]:
        """Every entry, batch by batch in the order of their ids, versions ascending. Blocking.

        The snapshot of a batch comes in place of its entries up to the snapshot's version.
        """
        ...

    def read(self, batch_id: str) -> list[Entry]:
        """Return every entry of a batch, without its snapshot, versions ascending; whole commits only.

        Thread-safe, blocking; raises StorageError. While the store is unavailable, it waits.
        """
        ...

    async def append(self, entries: Sequence[Entry]) -> None:
        """Return once all entries are durable, all together or none.

        Raises EpochLostError if a newer epoch was taken, StorageFullError, StorageError. Overlapping calls share
        one commit and keep their order.
        """
        ...

    async def snapshot(self, entry: Entry) -> None:
        """Return once the entry is durable as its batch's snapshot; ordered like `append`, same errors.

        It replaces an earlier snapshot. `entry.version` is that of the last entry of the batch that was appended before
        it: a replay reads the entries that are appended afterwards.
        """
        ...

    async def drop(self, batch_id: str) -> None:
        """Return once the batch's entries and snapshot are removed; ordered like `append`, same errors."""
        ...

    def trouble(self) -> str | None:
        """Return the journal's trouble, or None. Thread-safe; may block for a second.

        "unavailable": commits wait for the store. "full": it uses its reserve. "behind": the store came back older
        than what was recorded; commits wait until the newer one is back.
        """
        ...

    def missing(self) -> str | None:
        """Say in a sentence or two what a journal that is "behind" lacks, and what to do; otherwise None."""
        ...

    def position(self) -> Position | None:
        """Return how far it is recorded; None for a journal that cannot come back older while it is open."""
        ...

    @property
    def shortened(self) -> bool:
        """Whether `open` accepted a journal that had come back older, so that attempt numbers may be used twice."""
        ...

    def close(self) -> None:
        """Commit pending entries and close the files. Idempotent. Blocking."""
        ...
