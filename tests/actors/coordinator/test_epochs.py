"""Of two coordinators on one journal the younger stays, whatever the older one wakes up to."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
import ray

from actors import directory
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, PhotoSpec
from storage.redis_log import RedisJournal
from storage.sqlite import SqliteJournal
from tests.storage.locked import locked


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_a_coordinator_that_was_frozen_wakes_up_and_ends(
    service, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    journal = partial(SqliteJournal, tmp_path / "journal.db")
    if kind == "redis":
        journal = partial(RedisJournal, request.getfixturevalue("redis_server").url)
    old = service(open_journal=journal, orphaned_s=3.0)
    pids = old.ready()
    task = old.submit(*["sleep 0.05"] * 20)
    old.control(task, "pause")
    old.until(lambda: old.get(task)["counts"]["processing"] == 0, "photos in flight to end")
    os.kill(pids["coordinator"], signal.SIGSTOP)
    new = service(open_journal=journal)
    assert new.get(task)["status"] == "paused"
    new.control(task, "resume")
    assert new.ended(task)["counts"]["succeeded"] == 20
    version = new.get(task)["version"]
    os.kill(pids["coordinator"], signal.SIGCONT)
    stale = directory.find_coordinator(old.config.namespace)
    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(stale.control.remote(task, "cancel"), timeout=20)
    new.until(lambda: not any(psutil.pid_exists(pid) for pid in pids.values()), "the loser and its workers to leave")
    assert new.get(task)["version"] == version
    assert {photo["status"] for photo in new.photos(task)} == {"succeeded"}
    counted = {key for photo in new.photos(task) for name, key in photo["result"].items() if name.endswith("key")}
    assert set(new.stored()) == counted - {None}


def test_of_two_coordinators_on_one_journal_the_younger_stays(service) -> None:
    here = service()
    old = here.ready()["coordinator"]
    younger = here.config.open_journal()
    assert younger.open() == 2
    handle = directory.find_coordinator(here.config.namespace)
    spec = BatchSpec(new_id("b"), "ann", preset={}, output={})
    with pytest.raises(ray.exceptions.RayActorError):  # told nothing, since nothing could be recorded
        ray.get(handle.submit.remote(spec, [PhotoSpec("file:///x", "x")]), timeout=20)
    here.until(lambda: not psutil.pid_exists(old), "the loser to exit", 15)
    assert list(younger.replay()) == []
    assert here.config.open_journal().open() == 3, "nobody took an epoch in between: the loser was not started again"
    younger.close()


def test_workers_that_waited_long_for_the_journal_stay_when_their_coordinator_dies(service) -> None:
    here = service(orphaned_s=6.0)
    pids = here.ready()
    task = here.submit(*["sleep 0.1"] * 30)
    here.until(lambda: here.get(task)["counts"]["succeeded"] > 2, "some photos")
    with locked(here.folder / "journal.db"):
        time.sleep(7.0)  # longer than a worker looks for a coordinator that is gone
        os.kill(pids["coordinator"], signal.SIGKILL)
    assert here.ended(task)["counts"]["succeeded"] == 30
    assert len(here.lines("load")) == 2, "no model was loaded again"
    assert len(here.lines("retouch")) == 30, "and no photo done twice"
