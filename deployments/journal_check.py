"""Checks of the journal: before anything is started, and for `--journal-check`."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from actors.batches.batch import Batch
from actors.batches.events import Archived
from actors.batches.replay import Replay
from actors.photos.states import ENDED
from deployments.settings import Settings
from storage import sqlite_check
from storage.errors import NewerJournalError, StorageError
from storage.journal import Entry
from storage.position import Position, read_position

PAGES_S = 10.0  # 100,000 photos take 0.03 s
ENTRIES_S = 3.0  # 100,000 photos take 2 s; the coordinator reads the rest and reports damage


def check_journal(settings: Settings) -> None:
    """Raise StorageError, which says what to do, if the journal cannot be used."""
    if settings.redis_url:
        _check_redis(settings)
    else:
        check_file(settings.journal_path)


def check_file(path: Path) -> None:
    """Raise StorageError for a damaged SQLite journal, as far as a few seconds of reading show."""
    with sqlite_check.opened(path) as connection:
        if connection is None:
            return
        if found := sqlite_check.faults(connection, PAGES_S):
            raise sqlite_check.damaged(path, found[0])
        try:
            Replay().read(_for_a_while(sqlite_check.entries(connection), ENTRIES_S))
        except NewerJournalError:
            raise
        except StorageError as error:
            raise sqlite_check.damaged(path, error) from error


def examine_journal(settings: Settings) -> tuple[bool, list[str]]:
    """Read the whole journal; return whether it is undamaged, and lines that say what can be read."""
    replay, troubles = Replay(_put_away), []
    place = "The journal in Redis" if settings.redis_url else str(settings.journal_path)
    try:
        if settings.redis_url:
            _examine_redis(settings, replay)
        else:
            troubles = _examine_file(settings.journal_path, replay)
    except StorageError as error:
        troubles.append(str(error))
    photos = sum(batch.counts.total() for batch in replay.batches.values())
    read = f"{replay.entries:,} entries, {len(replay.batches):,} batches, {photos:,} photos"
    if troubles:
        return False, [*troubles, f"Before the first fault in {place}: {read}."]
    return True, [f"{place} is whole: {read}."]


def _put_away(batch: Batch, _: Archived | None) -> None:
    if batch.state in ENDED:  # what was read is counted: not every photo needs memory until the end
        batch.put_away()


def _examine_file(path: Path, replay: Replay) -> list[str]:
    with sqlite_check.opened(path) as connection:
        if connection is None:
            return []
        troubles = []
        with suppress(sqlite3.DatabaseError):  # the following steps meet it again
            troubles += sqlite_check.faults(connection)
        try:
            replay.read(sqlite_check.entries(connection))
        except (StorageError, sqlite3.DatabaseError) as error:
            troubles.append(f"{error}; {_readable_behind(connection):,} entries behind it can be read")
        return [f"{path}: {trouble}." for trouble in troubles]


def _readable_behind(connection: sqlite3.Connection) -> int:
    """Count the readable entries from the end of the file back to its last fault."""
    count = 0
    with suppress(StorageError, sqlite3.DatabaseError):
        for entry in sqlite_check.entries(connection, backwards=True):
            Replay.parse(entry)
            count += 1
    return count


def _check_redis(settings: Settings) -> None:
    from storage.redis_check import check_behind, check_redis  # noqa: PLC0415 - for those who have one

    url = settings.redis_url or ""
    check_redis(url)
    check_behind(url, _known(settings), settings.journal_accept)


def _examine_redis(settings: Settings, replay: Replay) -> None:
    from storage.redis_log import RedisLog  # noqa: PLC0415 - for those who have one

    _check_redis(settings)
    log = RedisLog(settings.redis_url or "", "photobatch")
    try:
        replay.read(log.entries(snapshots=False))
    finally:
        log.close()


def _known(settings: Settings) -> Position | None:
    with suppress(StorageError):  # the blob store is checked afterwards, with its own message
        return read_position(settings.blobs)
    return None


def _for_a_while(entries: Iterable[Entry], seconds: float) -> Iterator[Entry]:
    deadline = time.monotonic() + seconds
    for entry in entries:
        yield entry
        if time.monotonic() > deadline:
            return
