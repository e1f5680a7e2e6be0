"""Batches that have ended and left memory, asked of a real coordinator: everything is answered as before."""

import os
import signal
from functools import partial

import pytest

from actors.messages.errors import BatchError
from benchmarks.servers.redis_server import RedisServer
from storage.redis_log import RedisJournal
from tests.actors.service import Service


def restarted(here: Service) -> None:
    """Have another coordinator: what has ended is not in its memory."""
    before = here.pids()["coordinator"]
    os.kill(before, signal.SIGKILL)
    here.until(lambda: here.pids()["coordinator"] != before, "a new coordinator")


def test_pages_progress_and_single_photos_are_those_of_before(service) -> None:
    here: Service = service(recent_s=3600.0)
    task = here.submit("sleep 0", "bad", "sleep 0")
    batch, photos = here.ended(task), here.photos(task)
    since = here.ask(here.coordinator.watch(task, batch["version"] - 1, 1.0))
    stats = here.stats()
    restarted(here)
    assert here.get(task) == batch
    assert here.photos(task) == photos
    assert [here.ask(here.coordinator.photo(task, index)) for index in range(3)] == photos
    failed = here.ask(here.coordinator.photos(task, "failed", 10, None))
    assert [photo["index"] for photo in failed["items"]] == [1]
    assert here.ask(here.coordinator.watch(task, batch["version"] - 1, 1.0)) == since
    assert here.ask(here.coordinator.watch(task, batch["version"], 0.0)) is None
    assert (here.stats()["batches"], here.stats()["photos"]) == (stats["batches"], stats["photos"])
    with pytest.raises(BatchError, match="not_found"):
        here.ask(here.coordinator.photo(task, 3))


def test_a_retry_does_what_had_failed_and_a_deletion_leaves_nothing(service) -> None:
    here: Service = service(recent_s=0.0)
    task = here.submit("sleep 0", "bad", "sleep 0")
    here.ended(task)
    restarted(here)
    assert here.control(task, "retry")["counts"]["succeeded"] == 2
    assert here.ended(task)["counts"]["failed"] == 1
    assert [photo["attempts"] for photo in here.photos(task)] == [1, 2, 1]
    here.ask(here.coordinator.delete(task))
    here.until(lambda: not [key for key in here.stored() if task in key], "its blobs to go")
    restarted(here)
    with pytest.raises(BatchError, match="not_found"):
        here.get(task)


def test_what_was_done_before_is_copied(service) -> None:
    here: Service = service(recent_s=0.0, max_workers=1)
    first = here.submit("sleep 0", "sleep 0")
    here.ended(first)
    restarted(here)
    photos = [photo["source"] for photo in here.photos(first)]
    second = here.submit("sleep 0", "sleep 0")
    here.ended(second)
    assert [photo["reused"] for photo in here.photos(second)] == [True, True], "their bytes are the same"
    assert len(here.lines("done")) == len(photos)


@pytest.mark.slow
def test_while_redis_is_away_its_photos_are_unavailable_and_itself_is_told(service, redis_server: RedisServer) -> None:
    here: Service = service(open_journal=partial(RedisJournal, redis_server.url))
    task = here.submit("sleep 0")
    batch = here.ended(task)
    restarted(here)
    redis_server.kill()
    assert here.get(task) == batch
    with pytest.raises(BatchError, match="journal_unavailable"):
        here.photos(task)
    redis_server.start()
    assert [photo["status"] for photo in here.photos(task)] == ["succeeded"]
