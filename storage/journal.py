"""The journal: an append-only list of events for each batch, owned by one epoch at a time."""

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
    """What the coordinator decided, durable before anyone is told."""

    def open(self) -> int:
        """Take the next epoch, durably, and return it; from now on no older epoch can commit. Blocking."""
        ...

    def replay(self) -> Iterator[Entry]:
        """Every entry, batch by batch in the order of their ids, versions ascending. Blocking."""
        ...

    async def append(self, entries: Sequence[Entry]) -> None:
        """Return once all entries are durable; they become so together or not at all.

        Raises EpochLostError when a newer epoch was taken, StorageFullError, StorageError. Calls that overlap
        share one commit and keep the order in which they were made.
        """
        ...

    async def drop(self, batch_id: str) -> None:
        """Return once every entry of the batch is gone; ordered like `append`, same errors."""
        ...

    def trouble(self) -> str | None:
        """Say what ails it, or None. Thread-safe; may block for a second.

        "unavailable": commits wait for the store. "full": it lives on its reserve. "behind": the store came back
        older than what was recorded; commits wait until the newer one is back.
        """
        ...

    def missing(self) -> str | None:
        """Say in a sentence or two what a journal that is "behind" lacks, and what to do; None for any other."""
        ...

    def position(self) -> Position | None:
        """Return how far it is recorded; None for a journal that nobody can bring back older while it is open."""
        ...

    @property
    def shortened(self) -> bool:
        """Say whether `open` accepted a journal that had come back older: attempts may be numbered twice."""
        ...

    def close(self) -> None:
        """Commit what is pending and let go of the files. Idempotent. Blocking."""
        ...
