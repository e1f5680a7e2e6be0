"""A SQLite journal that cannot commit for a while, as on a disk that has stalled."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(journal: Path) -> Iterator[None]:
    """Hold the file's one write lock: commits wait (for 30 s at most), reads go on."""
    connection = sqlite3.connect(journal, isolation_level=None)
    connection.execute("begin immediate")
    try:
        yield
    finally:
        connection.execute("rollback")
        connection.close()
