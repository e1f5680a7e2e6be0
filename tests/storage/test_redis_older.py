"""A Redis that comes back older than it was, as after a failover to a replica that lagged, or empty."""

import asyncio
from pathlib import Path

import pytest
import redis

from benchmarks.servers.redis_server import RedisServer
from storage.blobs import Blobs, open_blobs
from storage.errors import StorageError
from storage.position import Position, PositionRecord, read_position
from storage.redis_check import check_behind
from storage.redis_log import RedisJournal
from tests.older_redis import bring_back, state
from tests.storage.journals import entry, versions


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs((tmp_path / "blobs").as_uri())


async def until_it_says(journal: RedisJournal, what: str | None) -> None:
    async with asyncio.timeout(10):
        while await asyncio.to_thread(journal.trouble) != what:  # noqa: ASYNC110 - asked, not announced
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("idle", [True, False])
async def test_what_it_lacks_is_noticed_and_nothing_is_recorded_over_it(
    server: RedisServer, journal: RedisJournal, idle: bool
) -> None:
    await journal.append([entry("a", 1)])
    older = state(server, "older")
    for version in (2, 3, 4):
        await journal.append([entry("a", version)])
    assert await asyncio.to_thread(journal.trouble) is None
    newer = await asyncio.to_thread(bring_back, server, older)
    waiting = [] if idle else [asyncio.ensure_future(journal.append([entry("a", 5)]))]
    await until_it_says(journal, "behind")
    missing = journal.missing()
    assert "ends with commit 1 of epoch 1" in missing
    assert "recorded was commit 4 of epoch 1" in missing
    assert "3 commits are missing" in missing
    assert "BATCH_JOURNAL_ACCEPT=1.1" in missing
    assert versions(journal) == [1]
    assert not any(one.done() for one in waiting)
    await asyncio.to_thread(bring_back, server, newer)
    await until_it_says(journal, None)
    assert journal.missing() is None
    await asyncio.gather(*waiting)
    assert versions(journal) == [1, 2, 3, 4] + ([] if idle else [5])


async def test_one_that_comes_back_before_its_owner_is_older_too(server: RedisServer) -> None:
    first = RedisJournal(server.url)
    first.open()
    older = state(server, "older")
    first.close()
    journal = RedisJournal(server.url)
    assert journal.open() == 2
    await journal.append([entry("a", 1)])
    await asyncio.to_thread(bring_back, server, older)
    await until_it_says(journal, "behind")
    assert "commit 0 of epoch 1" in journal.missing()
    journal.close()


async def test_one_that_comes_back_empty_is_older_than_anything(server: RedisServer, journal: RedisJournal) -> None:
    await journal.append([entry("a", 1)])
    redis.Redis.from_url(server.url).flushall()
    waiting = asyncio.ensure_future(journal.append([entry("a", 2)]))
    await until_it_says(journal, "behind")
    assert "BATCH_JOURNAL_ACCEPT=0.0" in journal.missing()
    assert redis.Redis.from_url(server.url).dbsize() == 0
    await asyncio.to_thread(journal.close)
    with pytest.raises(StorageError):
        await waiting


async def recorded_twice(server: RedisServer, blobs: Blobs) -> Path:
    """Record two commits, keep the state of the first, and note the position of the second where the blobs are."""
    journal = RedisJournal(server.url)
    journal.open()
    await journal.append([entry("a", 1)])
    older = state(server, "older")
    await journal.append([entry("a", 2)])
    await PositionRecord(blobs).write(journal.position())
    journal.close()
    return older


def known_to(server: RedisServer, blobs: Blobs, accept: str = "") -> RedisJournal:
    return RedisJournal(server.url, known=lambda: read_position(blobs.url), accept=accept)


async def test_a_successor_notices_it_too_and_changes_nothing(server: RedisServer, blobs: Blobs) -> None:
    older = await recorded_twice(server, blobs)
    newer = await asyncio.to_thread(bring_back, server, older)
    with pytest.raises(StorageError, match=r"1 commits are missing.*BATCH_JOURNAL_ACCEPT=1\.1"):
        check_behind(server.url, read_position(blobs.url))
    successor = known_to(server, blobs)
    successor.open()
    assert versions(successor) == [1]
    assert successor.trouble() == "behind"
    waiting = asyncio.ensure_future(successor.append([entry("a", 1 << 32)]))
    await asyncio.wait({waiting}, timeout=0.3)
    assert not waiting.done()
    await asyncio.to_thread(bring_back, server, newer)
    await until_it_says(successor, "unavailable")  # to its own commit, whose epoch it has not taken
    await asyncio.to_thread(successor.close)
    with pytest.raises(StorageError):
        await waiting
    assert RedisJournal(server.url).open() == 2, "it took no epoch"


async def test_what_was_accepted_once_is_accepted_for_good_and_for_that_state_alone(
    server: RedisServer, blobs: Blobs
) -> None:
    older = await recorded_twice(server, blobs)
    await asyncio.to_thread(bring_back, server, older)
    wrong = known_to(server, blobs, accept="1.0")
    wrong.open()
    assert wrong.trouble() == "behind"
    wrong.close()
    check_behind(server.url, read_position(blobs.url), accept="1.1")
    journal = known_to(server, blobs, accept="1.1")
    assert journal.open() == 2
    assert journal.shortened
    await journal.append([entry("a", 3)])
    assert journal.trouble() is None
    journal.close()
    after = known_to(server, blobs)  # nobody has noted a position since
    after.open()
    assert after.trouble() is None
    assert not after.shortened
    assert versions(after) == [1, 3]
    after.close()


async def test_the_epoch_that_is_taken_is_above_all_that_were_lost(server: RedisServer, blobs: Blobs) -> None:
    await PositionRecord(blobs).write(Position(epoch=7, commit=3))
    journal = known_to(server, blobs, accept="0.0")
    assert journal.open() == 8
    journal.close()


async def test_a_position_that_cannot_be_read_holds_up_nobody(server: RedisServer, blobs: Blobs) -> None:
    await blobs.put("journal/position.json", b"{")
    journal = known_to(server, blobs)
    assert journal.open() == 1
    journal.close()
