"""The journal in SQLite: one file, one writer thread, one commit for everything that waits."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from storage.errors import EpochLostError, StorageError, StorageFullError
from storage.journal import Entry

SCHEMA = 1


@dataclass(slots=True)
class _Write:
    """Something to be committed: entries, or the end of a batch."""

    entries: Sequence[Entry] = ()
    drop: str | None = None
    done: Future[None] = field(default_factory=Future)


class SqliteJournal:
    """See `Journal`. WAL and `synchronous=FULL`: a commit that returned survives a power cut.

    Fail-stop: after the first failed commit every later call fails too, for nothing may be recorded past a hole.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._epoch = 0
        self._queue: SimpleQueue[_Write | None] = SimpleQueue()
        self._broken: StorageError | None = None
        self._thread: threading.Thread | None = None

    def open(self) -> int:
        """Take the next epoch; raises StorageError when the file is of a newer version of ours."""
        with closing(self._connect()) as database, _errors():
            database.execute("BEGIN IMMEDIATE")
            schema = database.execute("PRAGMA user_version").fetchone()[0]
            if schema > SCHEMA:
                raise StorageError(f"{self._path.name} was written by a newer photobatch; upgrade, or move it away")
            database.execute(
                "CREATE TABLE IF NOT EXISTS events (batch_id TEXT, version INTEGER, body BLOB NOT NULL,"
                " PRIMARY KEY (batch_id, version)) WITHOUT ROWID"
            )
            database.execute("CREATE TABLE IF NOT EXISTS owner (epoch INTEGER NOT NULL)")
            row = database.execute("SELECT epoch FROM owner").fetchone()
            self._epoch = row[0] + 1 if row else 1
            database.execute("UPDATE owner SET epoch = ?" if row else "INSERT INTO owner VALUES (?)", (self._epoch,))
            database.execute(f"PRAGMA user_version = {SCHEMA}")
            database.execute("COMMIT")
        self._thread = threading.Thread(target=self._write_forever, name="journal", daemon=True)
        self._thread.start()
        return self._epoch

    def replay(self) -> Iterator[Entry]:
        """Yield every entry by batch, then by version."""
        with closing(self._connect()) as database, _errors():
            for row in database.execute("SELECT batch_id, version, body FROM events ORDER BY batch_id, version"):
                yield Entry(*row)

    async def append(self, entries: Sequence[Entry]) -> None:
        """Return once the entries are durable, all together."""
        await self._submit(_Write(entries=entries))

    async def drop(self, batch_id: str) -> None:
        """Return once the batch's entries are gone."""
        await self._submit(_Write(drop=batch_id))

    def close(self) -> None:
        """Commit what is pending and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    async def _submit(self, write: _Write) -> None:
        if self._thread is None:
            raise StorageError("the journal is not open")
        self._queue.put(write)
        await asyncio.wrap_future(write.done)

    def _write_forever(self) -> None:
        with closing(self._connect()) as database:
            while True:
                writes = [self._queue.get()]
                while not self._queue.empty():
                    writes.append(self._queue.get())
                self._commit(database, [write for write in writes if write is not None])
                if None in writes:
                    return

    def _commit(self, database: sqlite3.Connection, writes: list[_Write]) -> None:
        if self._broken is None and writes:
            try:
                with _errors():
                    self._transact(database, writes)
            except StorageError as error:
                self._broken = error
                if database.in_transaction:
                    database.execute("ROLLBACK")
        for write in writes:
            if not write.done.set_running_or_notify_cancel():
                continue
            if self._broken is None:
                write.done.set_result(None)
            else:
                write.done.set_exception(self._broken)

    def _transact(self, database: sqlite3.Connection, writes: list[_Write]) -> None:
        database.execute("BEGIN IMMEDIATE")
        if database.execute("SELECT epoch FROM owner").fetchone()[0] != self._epoch:
            raise EpochLostError("a newer coordinator owns this journal")
        for write in writes:
            if write.drop is not None:
                database.execute("DELETE FROM events WHERE batch_id = ?", (write.drop,))
            else:
                rows = [(entry.batch_id, entry.version, entry.body) for entry in write.entries]
                database.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        database.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, isolation_level=None, timeout=30.0, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        return database


@contextmanager
def _errors() -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise StorageFullError("the disk of the journal is full") from error
        raise StorageError(f"the journal failed: {error}") from error
