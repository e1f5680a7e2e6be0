"""Group commit, shared by all journals: a thread commits whatever gathered during the last commit."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.errors import StorageError
from storage.journal import Entry, Journal
from storage.position import Position


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An entry that stands for all entries of its batch up to its version."""

    entry: Entry


Change = tuple[Entry, ...] | Snapshot | str
"""Entries to add, a snapshot to keep, or the id of a batch of which nothing is kept any more."""


class Store(Protocol):
    """Where a journal keeps its entries. Blocking; used by one thread at a time.

    `read`, `trouble`, `missing`, `position` and `hurry` may be called from other threads meanwhile.
    """

    def take_epoch(self) -> int:
        """Raise the epoch by one, durably, and return it; raises StorageError."""
        ...

    def write(self, epoch: int, changes: Sequence[Change]) -> None:
        """Commit the changes in order, all or none; raises EpochLostError, StorageFullError, StorageError."""
        ...

    def entries(self) -> Iterator[Entry]:
        """See `Journal.replay`; raises StorageError."""
        ...

    def read(self, batch_id: str) -> list[Entry]:
        """See `Journal.read`."""
        ...

    def trouble(self) -> str | None:
        """See `Journal.trouble`."""
        ...

    def missing(self) -> str | None:
        """See `Journal.missing`."""
        ...

    def position(self) -> Position | None:
        """See `Journal.position`."""
        ...

    @property
    def shortened(self) -> bool:
        """See `Journal.shortened`."""
        ...

    def hurry(self) -> None:
        """Stop waiting: a commit that cannot be made at once fails."""
        ...

    def close(self) -> None:
        """Release everything. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    change: Change
    future: asyncio.Future[None]


class GroupedJournal(Journal):
    """A journal over a store.

    Fail-stop: when a commit fails, its waiters, everything queued behind it and every later call get that
    error, so that nothing commits past a hole. The owner must exit, and the next one replays the journal. A
    cancelled waiter stops waiting; its entries are still written.
    """

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self.commits = 0  # since `open`, to see how well appends are grouped
        self._open_store = open_store
        self._epoch = 0
        self._store: Store | None = None
        self._thread: threading.Thread | None = None
        self._wake = threading.Condition()  # guards what follows
        self._waiting: list[_Waiting] = []
        self._closing = False
        self._failure: StorageError | None = None

    def open(self) -> int:
        """Take the next epoch and start the writer; raises StorageError, also for a newer format."""
        if self._store or self._closing:
            raise StorageError("This journal was opened before.")
        self._store = self._open_store()
        self._epoch = self._store.take_epoch()
        self._thread = threading.Thread(target=self._write, args=(self._store,), name="journal", daemon=True)
        self._thread.start()
        return self._epoch

    def replay(self) -> Iterator[Entry]:
        """Stream every entry by batch and version, or snapshots in their place; raises StorageError."""
        return self._opened().entries()

    def read(self, batch_id: str) -> list[Entry]:
        """Return every entry of a batch; raises StorageError."""
        return self._opened().read(batch_id)

    async def append(self, entries: Sequence[Entry]) -> None:
        """Return once all entries are durable; raises EpochLostError, StorageFullError, StorageError."""
        if entries:
            await self._enqueue(tuple(entries))

    async def snapshot(self, entry: Entry) -> None:
        """Return once the entry is durable as the snapshot of its batch; same errors."""
        await self._enqueue(Snapshot(entry))

    async def drop(self, batch_id: str) -> None:
        """Return once the batch's entries and snapshot are gone for good; same errors."""
        await self._enqueue(batch_id)

    def trouble(self) -> str | None:
        """See `Journal.trouble`; asks the store, which may take a second."""
        return self._store.trouble() if self._store else None

    def missing(self) -> str | None:
        """See `Journal.missing`."""
        return self._store.missing() if self._store else None

    def position(self) -> Position | None:
        """See `Journal.position`."""
        return self._store.position() if self._store else None

    @property
    def shortened(self) -> bool:
        """See `Journal.shortened`."""
        return self._store is not None and self._store.shortened

    def close(self) -> None:
        """Commit pending changes and close the store; later calls raise StorageError. Idempotent."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._store:
            self._store.hurry()
        if self._thread:
            self._thread.join()
        if self._store:
            self._store.close()

    def _opened(self) -> Store:
        if self._store is None:
            raise StorageError("The journal is not open.")
        return self._store

    def _enqueue(self, change: Change) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._wake:
            if self._failure:
                raise _again(self._failure)
            if self._thread is None or self._closing:
                raise StorageError("The journal is not open.")
            self._waiting.append(_Waiting(change, future))
            self._wake.notify()
        return future

    def _write(self, store: Store) -> None:
        """Run the writer thread: until closed, or until a commit fails."""
        while waiting := self._take():
            try:
                store.write(self._epoch, [each.change for each in waiting])
                self.commits += 1
            except Exception as error:  # noqa: BLE001  whatever it was, nobody may wait for ever
                self._fail(waiting, error)
                return
            _resolve(waiting, None)

    def _take(self) -> list[_Waiting]:
        """Wait for changes; empty once closed and drained."""
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._closing)
            taken, self._waiting = self._waiting, []
            return taken

    def _fail(self, waiting: list[_Waiting], error: Exception) -> None:
        failure = error if isinstance(error, StorageError) else StorageError(f"The journal failed: {error!r}.")
        with self._wake:
            self._failure = failure
            waiting, self._waiting = waiting + self._waiting, []
        _resolve(waiting, failure)


def _resolve(waiting: list[_Waiting], failure: StorageError | None) -> None:
    """Resolve all futures with one call into their event loop (one, except in tests)."""
    loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for each in waiting:
        loops.setdefault(each.future.get_loop(), []).append(each.future)
    for loop, futures in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_finish, futures, failure)


def _finish(futures: list[asyncio.Future[None]], failure: StorageError | None) -> None:
    for future in futures:
        if future.done():  # cancelled meanwhile
            continue
        if failure:
            future.set_exception(_again(failure))
        else:
            future.set_result(None)


def _again(failure: StorageError) -> StorageError:
    """Return a fresh exception for each waiter: one shared exception would collect the tracebacks of all tasks."""
    fresh = type(failure)(*failure.args)
    fresh.__cause__ = failure
    return fresh
