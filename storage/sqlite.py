"""The journal in one SQLite file: a thread commits whatever has gathered during the last commit."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.errors import StorageError
from storage.journal import Entry, Journal
from storage.sqlite_file import Change, SqliteFile


@dataclass(frozen=True, slots=True)
class _Waiting:
    change: Change | None  # None: settle's marker, which writes nothing
    future: asyncio.Future[None]


class SqliteJournal(Journal):
    """Durable on return: WAL with `synchronous=FULL`, so a commit survives a power cut.

    Fail-stop: when a commit fails, its waiters, everything queued behind it and every later call get that
    error, so that nothing commits past a hole; the owner must exit, and the next one replays the truth. A
    cancelled waiter stops waiting; its entries are still written. `group_ms` makes the thread wait that long
    for company before each commit; 0 commits at once and still groups what overlaps. Two journals (two
    epochs, two processes) may be open on one file. `append`, `drop`, `settle` leave SQLite to the thread.
    """

    def __init__(self, path: Path, group_ms: float = 0.0) -> None:
        self.commits = 0  # transactions since `open`: how well appends are grouped
        self._path = path
        self._group_s = group_ms / 1000
        self._epoch = 0
        self._file: SqliteFile | None = None
        self._thread: threading.Thread | None = None
        self._wake = threading.Condition()  # guards what follows
        self._waiting: list[_Waiting] = []
        self._busy = False
        self._closing = False
        self._failure: StorageError | None = None

    def open(self) -> int:
        """Take the next epoch and start the writer; raises StorageError, also for a newer format."""
        if self._file or self._closing:
            raise StorageError(f"The journal {self._path} was opened before.")
        self._file = SqliteFile(self._path)
        self._epoch = self._file.take_epoch()
        self._thread = threading.Thread(target=self._write, args=(self._file,), name="journal", daemon=True)
        self._thread.start()
        return self._epoch

    def replay(self) -> Iterator[Entry]:
        """Stream every entry by batch and version, row by row; raises StorageError."""
        if self._file is None:
            raise StorageError(f"The journal {self._path} is not open.")
        return self._file.entries()

    async def append(self, entries: Sequence[Entry]) -> None:
        """Return once all entries are durable; raises EpochLostError, StorageFullError, StorageError."""
        await self._enqueue(tuple(entries) or None)

    async def drop(self, batch_id: str) -> None:
        """Return once the batch's entries are gone for good; same errors. The file reuses their room."""
        await self._enqueue(batch_id)

    async def settle(self) -> None:
        """Return once everything before is durable; same errors. Costs a lock when nothing is under way."""
        with self._wake:
            idle = not (self._waiting or self._busy or self._failure)
        if not idle:
            await self._enqueue(None)

    def close(self) -> None:
        """Commit what is pending and let go of the file; later calls raise StorageError. Idempotent."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread:
            self._thread.join()
        if self._file:
            self._file.close()

    def _enqueue(self, change: Change | None) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._wake:
            if self._failure:
                raise _again(self._failure)
            if self._thread is None or self._closing:
                raise StorageError(f"The journal {self._path} is not open.")
            self._waiting.append(_Waiting(change, future))
            self._wake.notify()
        return future

    def _write(self, file: SqliteFile) -> None:
        """Run the writer thread: until closed, or until a commit fails."""
        while waiting := self._take():
            changes = [each.change for each in waiting if each.change is not None]
            try:
                if changes:
                    file.write(self._epoch, changes)
                    self.commits += 1
            except Exception as error:  # noqa: BLE001  whatever it was, nobody may wait for ever
                self._fail(waiting, error)
                return
            _resolve(waiting, None)

    def _take(self) -> list[_Waiting]:
        """Wait for work; nothing once closed and drained."""
        with self._wake:
            self._busy = False
            self._wake.wait_for(lambda: self._waiting or self._closing)
            if self._group_s:
                self._wake.wait_for(lambda: self._closing, self._group_s)
            taken, self._waiting = self._waiting, []
            self._busy = True
            return taken

    def _fail(self, waiting: list[_Waiting], error: Exception) -> None:
        failure = error if isinstance(error, StorageError) else StorageError(f"The journal failed: {error!r}.")
        with self._wake:
            self._failure = failure
            waiting, self._waiting = waiting + self._waiting, []
        _resolve(waiting, failure)


def _resolve(waiting: list[_Waiting], failure: StorageError | None) -> None:
    """Tell all waiters in one hop to their loop (there is one, unless tests run several)."""
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
    """Return a fresh exception for each waiter: one raised in many tasks would gather their tracebacks."""
    fresh = type(failure)(*failure.args)
    fresh.__cause__ = failure
    return fresh
