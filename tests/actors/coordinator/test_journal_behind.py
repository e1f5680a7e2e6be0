"""A journal that came back older than it was: nothing goes on behind anybody's back."""

import os
import signal
from dataclasses import replace
from functools import partial

import pytest

from actors import directory
from actors.messages.errors import BatchError
from benchmarks.servers.redis_server import RedisServer
from storage.position import read_position
from storage.redis_log import RedisJournal
from tests.actors.coordinator.test_handover import takes_over
from tests.actors.service import Service
from tests.older_redis import bring_back, state


def journal_for(server: RedisServer, blob_url: str, accept: str = "") -> partial[RedisJournal]:
    return partial(RedisJournal, server.url, known=partial(read_position, blob_url), accept=accept)


def is_behind(here: Service) -> bool:
    return here.greet()["journal"] == "behind"


def refuses(here: Service) -> None:
    with pytest.raises(BatchError, match="journal_behind"):
        here.submit("sleep 0")


def test_it_is_said_also_by_a_successor_and_work_goes_on_with_the_newer_one(
    service, redis_server: RedisServer, tmp_path
) -> None:
    here = service(open_journal=journal_for(redis_server, (tmp_path / "blobs").as_uri()))
    workers = here.ready()
    kept = here.submit("sleep 0")
    here.ended(kept)
    older = state(redis_server, "older")
    lost = here.submit("sleep 0", "sleep 0")
    here.ended(lost)
    newer = bring_back(redis_server, older)
    here.until(lambda: is_behind(here), "it to be noticed")
    assert "commits are missing" in here.stats()["journal_missing"]
    refuses(here)
    assert here.get(lost)["status"] == "completed"
    os.kill(here.pids()["coordinator"], signal.SIGKILL)
    here.until(lambda: is_behind(here), "its successor to notice it")
    refuses(here)
    assert here.get(kept)["status"] == "completed"
    with pytest.raises(BatchError, match="journal_behind"):
        here.get(lost)
    bring_back(redis_server, newer)
    here.until(lambda: not is_behind(here), "the newer one to be taken")
    assert here.ended(lost)["counts"]["succeeded"] == 2
    assert len(here.ask(here.coordinator.photos(lost, None, 10, None))["items"]) == 2
    here.ended(here.submit("sleep 0"))
    assert {n: p for n, p in here.pids().items() if n != "coordinator"} == {
        n: p for n, p in workers.items() if n != "coordinator"
    }


def test_a_deployment_that_accepts_it_goes_on_with_workers_of_its_own(
    service, redis_server: RedisServer, tmp_path
) -> None:
    blobs = (tmp_path / "blobs").as_uri()
    here = service(open_journal=journal_for(redis_server, blobs))
    before = here.ready()
    here.ended(here.submit("sleep 0"))
    older = state(redis_server, "older")
    lost = here.submit(*["sleep 0.1"] * 40)
    here.until(lambda: here.get(lost)["counts"]["succeeded"] > 3, "some photos")
    bring_back(redis_server, older)
    here.until(lambda: is_behind(here), "it to be noticed")
    name = here.stats()["journal_missing"].rpartition("BATCH_JOURNAL_ACCEPT=")[2].rstrip(".")
    epoch = here.ask(here.coordinator.metrics())["epoch"]
    accepting = journal_for(redis_server, blobs, accept=name)
    here.config = replace(here.config, open_journal=accepting, release=2.0)
    directory.find_coordinator(here.config.namespace).hand_over.remote(2.0)  # it ends as it answers
    here.until(lambda: takes_over(here), "the new coordinator")
    with pytest.raises(BatchError, match="not_found"):
        here.get(lost)
    assert here.ended(here.submit("sleep 0", "sleep 0"))["counts"]["succeeded"] == 2
    assert here.ask(here.coordinator.metrics())["epoch"] > epoch
    assert here.stats()["journal"] == "ok"
    assert not set(before.values()) & set(here.ready().values())
