"""Checks whether a SQLite file is an undamaged journal. Nothing is changed."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storage.errors import NewerJournalError, StorageError
from storage.journal import Entry

SCHEMA_VERSION = 1
COLUMNS = {"events": ["batch_id", "version", "body"], "owner": ["one", "epoch"]}
_ENTRIES = "select batch_id, version, body from events order by batch_id {0}, version {0}"
_STEPS = 100_000  # steps of SQLite's virtual machine between two checks of the time


def check_schema(connection: sqlite3.Connection, path: Path) -> bool:
    """Return whether the journal exists; raises StorageError for a file of a newer version or another program."""
    (version,) = connection.execute("pragma user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise NewerJournalError(
            f"{path} was written by a newer photobatch (its format is {version}, this one knows"
            f" {SCHEMA_VERSION}); start that one, or give this one another data folder."
        )
    found = {name: [row[1] for row in connection.execute(f"pragma table_info({name})")] for name in COLUMNS}
    (tables,) = connection.execute("select count(*) from sqlite_master").fetchone()
    if (version or tables) and found != COLUMNS:
        raise StorageError(
            f"{path} is a database of another program; move it away, or give photobatch another data folder."
        )
    return bool(tables)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Open a journal for reading; None if there is none yet. Raises StorageError, also for errors in the block."""
    if path.is_dir():
        raise StorageError(f"{path} is a folder where the journal should be; move it away.")
    try:
        newest = path.with_name(path.name + "-wal").exists()  # else nobody has it open: make no files
        how = "mode=ro" if newest else "immutable=1"
        if not path.exists() or not (path.stat().st_size or newest):
            yield None
            return
        if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
            raise StorageError(f"The journal {path} may not be read and written by this user; change its permissions.")
        with closing(sqlite3.connect(f"{path.as_uri()}?{how}", uri=True)) as connection:
            made = check_schema(connection, path)
            (page,) = connection.execute("pragma page_size").fetchone()
            if not newest and path.stat().st_size % page:  # SQLite reads the missing part of a page as zeros
                raise damaged(path, "its end is cut off")
            yield connection if made else None
    except (sqlite3.OperationalError, OSError) as error:  # locked, or no room; damage raises another error
        raise StorageError(f"The journal {path} cannot be read now: {error}. Mend that, then try again.") from error
    except sqlite3.Error as error:
        raise damaged(path, error) from error


def damaged(path: Path, what: object) -> StorageError:
    """Return the error for a journal that cannot be read."""
    return StorageError(
        f"The journal {path} is damaged: {what}. Restore a backup (docs/operations.md); `photobatch serve"
        " --journal-check` says what can be read."
    )


def faults(connection: sqlite3.Connection, patience_s: float | None = None) -> list[str]:
    """Return the faults of the file's pages that were found in time. Raises sqlite3.Error."""
    deadline = time.monotonic() + (patience_s or 0)
    if patience_s is not None:
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    check = "quick_check(1)" if patience_s is not None else "integrity_check(10)"
    try:
        rows = [str(row[0]) for row in connection.execute(f"pragma {check}")]
    except sqlite3.OperationalError:
        if patience_s is not None and time.monotonic() > deadline:
            return []
        raise
    finally:
        connection.set_progress_handler(None, 0)
    if connection.execute("select count(*) from owner").fetchone() != (1,):
        rows.append("the owner's row is missing")
    return [line for row in rows for line in row.splitlines() if line != "ok" and not line.startswith("***")]


def entries(connection: sqlite3.Connection, *, backwards: bool = False) -> Iterator[Entry]:
    """Stream the entries by batch and version; raises sqlite3.Error at the first page that cannot be read."""
    for row in connection.execute(_ENTRIES.format("desc" if backwards else "asc")):
        yield Entry(*row)
