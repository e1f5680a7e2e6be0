"""Batches that have left memory are what they were, to everybody, in every journal, whenever the process is killed."""

import asyncio
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from actors.batches.events import BATCH_EVENTS, Called, Renamed, Retried, Shared
from actors.batches.ledger import Ledger
from actors.messages.errors import BatchError
from actors.messages.records import Json, LeaseKey, Share
from actors.photos.states import BatchState
from benchmarks.servers.redis_server import RedisServer
from storage.journal import Entry
from tests.actors.batches import leaving
from tests.actors.batches.leaving import ended, seen, work
from tests.storage.journals import REDIS_URL

ROOT = Path(__file__).parents[3]
Open = Callable[[], Awaitable[Ledger]]


@pytest.fixture(params=["sqlite", "redis"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "redis":
        monkeypatch.setenv(REDIS_URL, request.getfixturevalue("redis_server").url)
    return str(request.param)


@pytest.fixture
def another(kind: str, tmp_path: Path) -> Iterator[Open]:
    """Open ledgers on the same journal; a later one takes it over."""
    made: list[Ledger] = []

    async def make() -> Ledger:
        made.append(await leaving.opened(kind, str(tmp_path)))
        return made[-1]

    yield make
    for ledger in made:
        ledger.close()


def lines(ledger: Ledger) -> list[str]:
    """The kinds of what a restart would read."""
    return [json.loads(entry.body)["e"] for entry in ledger._journal.replay()]


async def test_they_are_seen_as_before_also_after_a_restart_which_reads_a_line_for_each(another: Open) -> None:
    ledger = await another()
    batches = [ended(ledger, 30, uploads=3) for _ in range(4)]
    before = [await seen(ledger, batch.spec.task_id) for batch in batches]
    uploads = batches[0].uploads()
    await ledger.put_away(math.inf)
    assert all(batch.away for batch in batches)
    assert [await seen(ledger, batch.spec.task_id) for batch in batches] == before
    assert lines(ledger) == ["archived"] * 4
    again = await another()
    assert [await seen(again, batch.spec.task_id) for batch in batches] == before
    assert (again.archive.states, again.archive.photos) == (ledger.archive.states, ledger.archive.photos)
    assert again.archive.photos.total() == 120
    assert all(again.wants_upload(upload_id) for upload_id in uploads)
    assert await again.uploads_of(again.get(batches[0].spec.task_id)) == uploads
    first = again.get(batches[0].spec.task_id)
    again.condemn(first, 0.0)
    await again.durable()
    assert not any(again.wants_upload(upload_id) for upload_id in uploads)
    assert await again.uploads_of(first) == uploads, "the sweeper must know them until it is done"
    assert again.archive.photos.total() == 90


async def test_what_happens_to_one_that_has_left_is_kept(another: Open) -> None:
    ledger = await another()
    batch = ended(ledger, 3)
    await ledger.put_away(math.inf)
    ledger.record(batch, Shared("5e", 99.5, "Wedding", "Ann", originals=True))
    ledger.record(batch, Called(batch.finished_at, None))
    ledger.record(batch, Renamed("Anna & Ben"))
    assert (await seen(ledger, batch.spec.task_id))["batch"]["name"] == "Anna & Ben", "before that is durable, too"
    await ledger.durable()
    assert lines(ledger) == ["archived", "shared", "called", "renamed"]
    again = (await another()).get(batch.spec.task_id)
    assert (again.shares, again.calls, again.version, again.recorded) == (
        {"5e": Share(99.5, "Wedding", "Ann", originals=True)},
        1,
        batch.version,
        batch.recorded,
    )


async def test_a_retry_brings_it_back_whole(another: Open) -> None:
    ledger = await another()
    batch = ended(ledger, 9)
    await ledger.put_away(math.inf)
    await ledger.restore(batch)
    ledger.record(batch, Retried())
    assert (batch.state, batch.remaining(), len(batch.ready)) == (BatchState.PROCESSING, 3, 3)
    await ledger.durable()
    again = await another()  # its snapshot is older than the retry
    task_id = batch.spec.task_id
    assert await seen(again, task_id) == await seen(ledger, task_id)
    assert list(again.open) == [task_id]
    work(again, again.get(task_id))
    told = await seen(again, task_id)
    assert [photo["attempts"] for photo in told["photos"]] == [1, 1, 2] * 3
    await again.put_away(math.inf)
    assert lines(again) == ["archived"]
    assert await seen(await another(), task_id) == told


async def test_a_retry_while_its_snapshot_is_written_keeps_its_photos(another: Open) -> None:
    ledger = await another()
    batch = ended(ledger, 9)
    away = asyncio.ensure_future(ledger.put_away(math.inf))
    while not away.done():
        await asyncio.sleep(0)
        if batch.state != BatchState.PROCESSING:
            await ledger.restore(batch)
            ledger.record(batch, Retried())
    assert not batch.away
    await ledger.durable()
    assert (await seen(await another(), batch.spec.task_id))["batch"]["counts"]["queued"] == 3


async def test_a_journal_of_an_earlier_version_is_read_and_gets_its_snapshots(another: Open) -> None:
    ledger = await another()
    batches = [ended(ledger, 6) for _ in range(3)]
    await ledger.durable()
    before = [await seen(ledger, batch.spec.task_id) for batch in batches]
    again = await another()
    assert len(lines(again)) == 12
    assert all(again.get(batch.spec.task_id).away for batch in batches), "their photos need no memory from the start"
    assert [await seen(again, batch.spec.task_id) for batch in batches] == before
    await again.put_away(math.inf)
    assert lines(again) == ["archived"] * 3
    assert [await seen(await another(), batch.spec.task_id) for batch in batches] == before


async def test_what_happens_before_a_late_snapshot_is_kept(another: Open) -> None:
    """After a restart snapshots are written in the background: batches may be shared, called or retried before."""
    first = await another()
    shared, retried = (ended(first, 3).spec.task_id for _ in range(2))
    await first.durable()
    ledger = await another()
    ledger.record(ledger.get(shared), Shared("5e", 99.5, sender="Ann"))
    await ledger.restore(ledger.get(retried))
    ledger.record(ledger.get(retried), Retried())
    await ledger.put_away(math.inf)
    await ledger.durable()
    again = await another()
    assert again.get(shared).shares == {"5e": Share(99.5, sender="Ann")}
    assert again.get(shared).recorded == ledger.get(shared).recorded
    assert again.get(retried).state == BatchState.PROCESSING


async def test_what_is_recorded_beside_its_snapshot_is_kept(another: Open) -> None:
    """In the same moment as the snapshot is begun, or after it: the order in the journal is that of the records."""
    ledger = await another()
    for steps in range(12):
        batch = ended(ledger, 3)
        away = asyncio.ensure_future(ledger.put_away(math.inf))
        for step in range(steps):
            ledger.record(batch, Shared(f"{step}", 99.5))
            await asyncio.sleep(0.001 * (step % 3))
        await away
        ledger.record(batch, Shared("last", 99.5))
        await ledger.durable()
    again = await another()
    for task_id, batch in ledger.batches.items():
        assert again.get(task_id).shares == batch.shares
        assert again.get(task_id).recorded == batch.recorded
        assert await seen(again, task_id) == await seen(ledger, task_id)


async def test_after_a_rollback_what_the_earlier_version_did_counts(another: Open) -> None:
    """It knows no snapshots: it goes on with the events, and removes batches without their snapshots."""
    ledger = await another()
    batch = ended(ledger, 3)
    await ledger.put_away(math.inf)
    retried = Entry(batch.spec.task_id, batch.recorded + 1, BATCH_EVENTS.write(Retried(), time.time()))
    await ledger._journal.append([retried])
    again = (await another()).get(batch.spec.task_id)
    assert (again.away, again.state, again.remaining()) == (False, BatchState.PROCESSING, 1)


async def test_a_report_that_is_repeated_late_is_known(another: Open) -> None:
    ledger = await another()
    task_id = ended(ledger, 3).spec.task_id
    await ledger.put_away(math.inf)
    keys = [LeaseKey(task_id, 0, 1), LeaseKey(task_id, 2, 1), LeaseKey(task_id, 0, 2), LeaseKey("b0", 0, 1)]
    assert [await ledger.accepted(key) for key in keys] == [True, True, False, False]


async def test_many_who_ask_at_once_share_one_read(another: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = await another()
    task_id = ended(ledger, 300).spec.task_id
    await ledger.put_away(math.inf)
    reads: list[str] = []
    read = ledger._journal.read
    monkeypatch.setattr(ledger._journal, "read", lambda name: (reads.append(name), read(name))[1])
    found = await asyncio.gather(*(ledger.whole(task_id) for _ in range(20)))
    assert all(each is found[0] for each in found)
    assert await ledger.whole(task_id) is found[0]
    assert reads == [task_id]


async def test_the_photos_of_one_that_is_removed_while_they_are_read_are_not_found(another: Open) -> None:
    ledger = await another()
    batch = ended(ledger, 300)
    await ledger.put_away(math.inf)
    asking = asyncio.ensure_future(ledger.whole(batch.spec.task_id))
    await asyncio.sleep(0)
    ledger.condemn(batch, 0.0)
    ledger.remove(batch)
    with pytest.raises(BatchError, match="not_found"):
        await asking


async def test_while_redis_is_away_photos_are_unavailable_and_the_rest_is_there(
    redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(REDIS_URL, redis_server.url)
    ledger = await leaving.opened("redis", str(tmp_path))
    tasks = [ended(ledger, 3).spec.task_id for _ in range(5)]
    await ledger.put_away(math.inf)
    redis_server.kill()
    asked = await asyncio.gather(*(ledger.whole(task_id, 0.3) for task_id in tasks), return_exceptions=True)
    assert {str(each)[:19] for each in asked} == {"journal_unavailable"}
    assert ledger.get(tasks[0]).counts.total() == 3
    assert await asyncio.to_thread(lambda: "other threads are free") == "other threads are free"
    await asyncio.to_thread(redis_server.start)
    assert [len((await ledger.whole(task_id)).photos) for task_id in tasks] == [3] * 5
    ledger.close()


def test_kill_9_at_any_moment_leaves_every_batch_as_it_was_told(kind: str, tmp_path: Path) -> None:
    told: dict[str, Json] = {}
    for number in range(4):
        command = [sys.executable, leaving.__file__, kind, str(tmp_path)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            assert writer.stdout.readline().startswith("opened")
            said = [writer.stdout.readline() for _ in range(20 + 7 * number)]
            writer.kill()
            said += writer.stdout.readlines()
        found = (json.loads(line) for line in said if line.endswith("\n"))
        told |= {batch["batch"]["task_id"]: batch for batch in found}
        asyncio.run(compare(kind, tmp_path, told))


async def compare(kind: str, place: Path, told: dict[str, Json]) -> None:
    ledger = await leaving.opened(kind, str(place))
    for task_id, said in told.items():
        assert await seen(ledger, task_id) == said
    ledger.close()
