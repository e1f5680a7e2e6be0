"""The journal's SQLite file: schema, epoch, transactions. No threads or asyncio here."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from storage.errors import EpochLostError, StorageError, StorageFullError
from storage.folder import make_folder
from storage.grouped import Change, Snapshot
from storage.journal import Entry
from storage.position import Position
from storage.reserve import Reserve
from storage.sqlite_check import SCHEMA_VERSION, check_schema

SCHEMA = (
    "create table events (batch_id text, version integer, body blob not null, "
    "primary key (batch_id, version)) without rowid",
    "create table owner (one integer primary key check (one = 1), epoch integer not null)",
    "insert into owner values (1, 0)",
    f"pragma user_version = {SCHEMA_VERSION}",
)
# Not part of the format's number: an earlier version leaves the table alone, and reads the entries.
SNAPSHOTS = "create table if not exists snapshots (batch_id text primary key, version integer, body blob) without rowid"
RESERVE_BYTES = 32 << 20
_NEXT = "select batch_id from events where batch_id > ? order by batch_id limit 1"  # skips the rest of a batch
_SNAPSHOT = "select version, body from snapshots where batch_id = ?"
_ENTRIES = "select version, body from events where batch_id = ? and version > ? order by version"
LOCK_WAIT_S = 30.0  # a commit of the other owner takes milliseconds
NEARLY_FULL = 1 << 20  # bytes free; below, an I/O error of SQLite means a full disk


_T = TypeVar("_T")


class SqliteFile:
    """One connection to the file; it may be used by several threads, one at a time.

    Every method raises StorageFullError when the disk is full, and StorageError otherwise.
    """

    def __init__(self, path: Path, reserve_bytes: int = 0) -> None:
        self._path = path
        with self._translated():
            make_folder(path.parent)
            self._reserve = Reserve(path.with_name(path.name + ".reserve"), reserve_bytes)
        self._within_reserve(self._open)

    def take_epoch(self) -> int:
        """Raise the epoch by one, durably, and return it."""
        return self._within_reserve(self._take_epoch)

    def write(self, epoch: int, changes: Sequence[Change]) -> None:
        """Commit the changes in order, all or none; raises EpochLostError when `epoch` is not the newest."""
        self._within_reserve(lambda: self._write(epoch, changes))

    def entries(self) -> Iterator[Entry]:
        """Stream every entry by batch and version, or snapshots in their place, in one reading transaction."""
        with self._translated(), contextlib.closing(self._connect()) as connection:
            connection.execute("begin")
            batch_id = ""
            while found := connection.execute(_NEXT, (batch_id,)).fetchone():
                (batch_id,) = found
                snapshot = connection.execute(_SNAPSHOT, (batch_id,)).fetchone()
                if snapshot:
                    yield Entry(batch_id, *snapshot)
                for row in connection.execute(_ENTRIES, (batch_id, snapshot[0] if snapshot else -1)):
                    yield Entry(batch_id, *row)

    def read(self, batch_id: str) -> list[Entry]:
        """Return every entry of a batch, over a connection of its own."""
        with self._translated(), contextlib.closing(self._connect()) as connection:
            return [Entry(batch_id, *row) for row in connection.execute(_ENTRIES, (batch_id, -1))]

    def trouble(self) -> str | None:
        """Return "full" while the reserve is used up."""
        return None if self._reserve.replenish() else "full"

    def missing(self) -> str | None:
        """Return None: see `position`."""
        return None

    def position(self) -> Position | None:
        """Return None: an older file in its place is a backup that somebody restored on purpose."""
        return None

    @property
    def shortened(self) -> bool:
        """Return False: see `position`."""
        return False

    def hurry(self) -> None:
        """Do nothing: a commit here never waits for a store to come back."""

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._connection.close()

    def _within_reserve(self, step: Callable[[], _T]) -> _T:
        """Take a step; if the disk is full, release the reserve and repeat it."""
        try:
            return step()
        except StorageFullError:
            if not self._reserve.spend():
                raise
            return step()

    def _take_epoch(self) -> int:
        with self._transaction():
            (epoch,) = self._connection.execute("update owner set epoch = epoch + 1 returning epoch").fetchone()
        return int(epoch)

    def _write(self, epoch: int, changes: Sequence[Change]) -> None:
        with self._transaction():
            (newest,) = self._connection.execute("select epoch from owner").fetchone()
            if newest != epoch:
                raise EpochLostError(f"Epoch {newest} owns {self._path}; epoch {epoch} may not write any more.")
            for change in changes:
                if isinstance(change, str):
                    self._connection.execute("delete from events where batch_id = ?", (change,))
                    self._connection.execute("delete from snapshots where batch_id = ?", (change,))
                elif isinstance(change, Snapshot):
                    kept = (change.entry.batch_id, change.entry.version, change.entry.body)
                    self._connection.execute("insert or replace into snapshots values (?, ?, ?)", kept)
                else:
                    rows = ((entry.batch_id, entry.version, entry.body) for entry in change)
                    self._connection.executemany("insert into events values (?, ?, ?)", rows)

    def _open(self) -> None:
        with self._translated():
            self._connection = self._connect()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False)
        connection.execute("pragma synchronous = full")  # sync the log at each commit, not only at checkpoints
        return connection

    def _prepare(self) -> None:
        with self._transaction():
            if not check_schema(self._connection, self._path):
                for statement in SCHEMA:
                    self._connection.execute(statement)
            self._connection.execute(SNAPSHOTS)
        with self._translated():
            (mode,) = self._connection.execute("pragma journal_mode = wal").fetchone()
        if mode != "wal":
            raise StorageError(f"{self._path} lies where SQLite cannot keep its log; use a local disk.")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Hold SQLite's one write lock; commit at the end, roll back on any error."""
        with self._translated():
            self._connection.execute("begin immediate")
            try:
                yield
                self._connection.execute("commit")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("rollback")
                raise

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if self._is_full(error):
                raise StorageFullError(f"There is no room left for {self._path}.") from error
            raise StorageError(f"The journal {self._path} failed: {error}.") from error

    def _is_full(self, error: Exception) -> bool:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        if code == sqlite3.SQLITE_FULL:
            return True
        # When it grows the log's shared memory or creates the log, SQLite reports a full disk as an I/O error.
        io_error = code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN} or isinstance(error, OSError)
        return io_error and os.path.isdir(self._path.parent) and shutil.disk_usage(self._path.parent).free < NEARLY_FULL
