"""The journal in one SQLite file, for one machine."""

from functools import partial
from pathlib import Path

from storage.grouped import GroupedJournal
from storage.sqlite_file import RESERVE_BYTES, SqliteFile


class SqliteJournal(GroupedJournal):
    """Durable on return: WAL with `synchronous=FULL`, so a commit survives a power cut.

    Two journals (two epochs, two processes) may be open on one file. A file of `reserve_bytes` beside it is released
    when the disk is full.
    """

    def __init__(self, path: Path, reserve_bytes: int = RESERVE_BYTES) -> None:
        super().__init__(partial(SqliteFile, path, reserve_bytes))
