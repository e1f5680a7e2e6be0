"""What is SQLite's own: grouping, the file's format, failing commits."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.errors import StorageError
from storage.sqlite import SqliteJournal
from storage.sqlite_file import SqliteFile
from tests.storage.journals import entry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(path)
    journal.open()
    yield journal
    journal.close()


async def test_a_thousand_appends_share_few_commits(journal: SqliteJournal) -> None:
    await asyncio.gather(*(journal.append([entry("a", version)]) for version in range(1000)))
    assert 1 <= journal.commits < 50


async def test_empty_appends_commit_nothing(journal: SqliteJournal) -> None:
    await journal.append([])
    assert journal.commits == 0


async def test_a_failed_commit_fails_what_is_behind_it(journal: SqliteJournal) -> None:
    await journal.append([entry("a", 1)])
    calls = [
        journal.append([entry("b", 1), entry("a", 1)]),
        journal.append([entry("c", 1)]),
        journal.drop("a"),
    ]
    assert [type(each) for each in await asyncio.gather(*calls, return_exceptions=True)] == [StorageError] * 3
    with pytest.raises(StorageError):
        await journal.append([entry("d", 1)])
    assert list(journal.replay()) == [entry("a", 1)]


async def test_what_sqlite_cannot_hold_fails_its_waiter(journal: SqliteJournal) -> None:
    with pytest.raises(StorageError):
        await journal.append([entry("a", 1 << 63)])


def test_commits_are_synced_to_the_log(journal: SqliteJournal, path: Path) -> None:
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    assert isinstance(journal._store, SqliteFile)
    assert journal._store._connection.execute("pragma synchronous").fetchone() == (2,)


def test_a_newer_format_is_refused_and_left_alone(journal: SqliteJournal, path: Path) -> None:
    journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 2")
    with pytest.raises(StorageError, match="newer photobatch"):
        SqliteJournal(path).open()


def test_what_is_no_journal_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageError, match="not a database"):
        SqliteJournal(path).open()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        SqliteJournal(tmp_path / "file" / "journal.sqlite").open()
