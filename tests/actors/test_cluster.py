"""Real actors on a real Ray, and what happens when they die."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
import ray

from actors import directory
from actors.errors import BatchError
from actors.ids import new_id
from actors.records import BatchSpec, PhotoSpec
from storage.redis_log import RedisJournal
from storage.sqlite import SqliteJournal
from tests.actors.dying_blobs import DyingBlobs


def test_a_batch_is_done_and_every_result_is_stored(service) -> None:
    here = service()
    task = here.submit(*["sleep 0"] * 20, "bad", "bug")
    batch = here.ended(task)
    assert batch["status"] == "completed"
    assert batch["counts"] == {
        "total": 22,
        "queued": 0,
        "processing": 0,
        "succeeded": 20,
        "failed": 2,
        "cancelled": 0,
    }
    photos = here.photos(task)
    assert [photo["attempts"] for photo in photos] == [1] * 22
    assert photos[20]["error"]["code"] == "corrupt"
    assert photos[21]["error"]["code"] == "internal_error"
    results = [photo["result"]["key"] for photo in photos[:20]]
    assert len(here.stored()) == 40, "a result and a thumbnail for each"
    assert [(here.folder / "blobs" / key).read_text() for key in results] == [str(n) for n in range(20)]


def test_a_killed_worker_loses_nothing_and_is_replaced(service) -> None:
    here = service()
    before = here.ready()
    task = here.submit(*["sleep 0.05"] * 60)
    here.until(lambda: here.ask("get", task)["counts"]["succeeded"] > 5, "some photos")
    victim = next(pid for name, pid in before.items() if name != "coordinator")
    os.kill(victim, signal.SIGKILL)
    batch = here.ended(task)
    assert batch["counts"]["succeeded"] == 60
    assert len({line.split()[2] for line in here.lines("done")}) == 60
    assert victim not in here.ready().values()


def test_a_worker_that_dies_idle_gets_no_photo(service) -> None:
    here = service()
    pids = here.ready()
    os.kill(next(pid for name, pid in pids.items() if name != "coordinator"), signal.SIGKILL)
    here.until(lambda: here.ask("stats")["workers"]["ready"] <= 1, "its death to be noticed")
    assert here.ended(here.submit(*["sleep 0.05"] * 12))["counts"]["succeeded"] == 12


def test_a_source_that_nobody_foresaw_fails_alone(service) -> None:
    here = service()
    here.ready()
    os.mkfifo(here.folder / "pipe.jpg")
    (here.folder / "loop.jpg").symlink_to("loop.jpg")
    names = ["pipe.jpg", "loop.jpg", "nul%00.jpg", ""]
    photos = [PhotoSpec(f"{here.folder.as_uri()}/{name}", name) for name in names]
    task = new_id("b")
    here.ask("submit", BatchSpec(task, "ann", preset={}, output={}), photos)
    assert here.ended(task)["counts"]["failed"] == len(names)
    assert all(photo["attempts"] == 1 and photo["error"]["code"] for photo in here.photos(task))
    assert len(here.lines("load")) == 2, "no worker was lost"


def test_the_coordinators_death_loads_no_model_and_repeats_no_photo(service) -> None:
    here = service()
    before = here.ready()
    task = here.submit(*["sleep 0.1"] * 60)
    version = here.until(
        lambda: (batch := here.ask("get", task))["counts"]["succeeded"] > 5 and batch["version"],
        "some photos",
    )
    os.kill(before["coordinator"], signal.SIGKILL)
    batch = here.ended(task)
    after = here.pids()
    assert batch["counts"]["succeeded"] == 60
    assert batch["version"] > version
    assert batch["version"] >> 32 == (version >> 32) + 1
    assert {n: p for n, p in after.items() if n != "coordinator"} == {
        n: p for n, p in before.items() if n != "coordinator"
    }
    assert len(here.lines("load")) == 2
    assert len(here.lines("retouch")) == 60, "no photo was worked on twice"
    assert all(photo["attempts"] == 1 for photo in here.photos(task))


def test_everything_dead_at_once_and_the_batch_goes_on(service) -> None:
    here = service()
    pids = here.ready()
    task = here.submit(*["sleep 0.05"] * 60)
    here.until(lambda: here.ask("get", task)["counts"]["succeeded"] > 10, "some photos")
    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)
    assert here.ended(task)["counts"]["succeeded"] == 60
    assert len(here.stored()) == 120, "late attempts left no blobs behind"


def test_poison_kills_three_workers_and_fails_alone(service) -> None:
    here = service()
    task = here.submit("sleep 0.2", "sleep 0.2", "crash", *["sleep 0.2"] * 9)
    batch = here.ended(task)
    assert batch["counts"]["succeeded"] == 11
    assert batch["counts"]["failed"] == 1
    poison = here.photos(task)[2]
    assert poison["error"]["code"] == "worker_crashed"
    assert poison["attempts"] == 3, "once beside others, twice alone"
    assert len(here.lines("done")) >= 11


def test_a_photo_that_hangs_with_the_gil_is_ended_and_tried_again(service) -> None:
    here = service(timeout_s=1.5, retry_count=1)
    task = here.submit("hang", *["sleep 0.01"] * 6)
    batch = here.ended(task)
    hung = here.photos(task)[0]
    assert hung["error"]["code"] == "timed_out"
    assert hung["attempts"] == 2
    assert batch["counts"]["succeeded"] == 6


def test_what_may_work_later_is_tried_again_and_what_cannot_is_not(service) -> None:
    here = service(retry_count=2)
    task = here.submit("hiccup", "bad", "sleep 0")
    here.ended(task)
    assert [photo["attempts"] for photo in here.photos(task)] == [3, 1, 1]
    assert here.photos(task)[0]["error"]["code"] == "out_of_memory"


def test_pause_returns_what_is_not_begun_and_resume_finishes(service) -> None:
    here = service()
    here.ready()
    task = here.submit(*["sleep 0.1"] * 40)
    here.until(lambda: here.ask("get", task)["counts"]["succeeded"] > 6, "some photos")
    assert here.ask("control", task, "pause")["status"] == "paused"
    assert here.ask("control", task, "pause")["status"] == "paused", "the same call twice is not an error"
    still = here.until(
        lambda: (counts := here.ask("get", task)["counts"])["processing"] == 0 and counts,
        "running photos to end",
    )
    assert still["succeeded"] < 40
    assert here.ask("get", task)["status"] == "paused"
    other = here.submit("sleep 0")
    assert here.ended(other)["status"] == "completed", "other batches go on"
    assert here.ask("get", task)["counts"] == still
    assert here.ask("control", task, "resume")["status"] == "processing"
    assert here.ended(task)["counts"]["succeeded"] == 40
    assert all(photo["status"] == "succeeded" for photo in here.photos(task))


def test_a_pause_outlives_the_coordinator(service) -> None:
    here = service()
    pids = here.ready()
    task = here.submit(*["sleep 0.1"] * 20)
    here.ask("control", task, "pause")
    os.kill(pids["coordinator"], signal.SIGKILL)
    here.until(lambda: here.pids()["coordinator"] != pids["coordinator"], "a new coordinator")
    assert here.ask("get", task)["status"] == "paused"
    here.ask("control", task, "resume")
    assert here.ended(task)["counts"]["succeeded"] == 20


def test_cancel_ends_photos_in_flight_at_once_and_touches_no_other_batch(service) -> None:
    here = service()
    here.ready()
    task, other = here.submit(*["sleep 0.3"] * 20), here.submit(*["sleep 0.05"] * 10, user="bob")
    here.until(lambda: here.ask("get", task)["counts"]["succeeded"] > 1, "some photos")
    batch = here.ask("control", task, "cancel")
    assert batch["status"] == "cancelled"
    assert batch["counts"]["processing"] == batch["counts"]["queued"] == 0
    assert here.ended(other)["counts"]["succeeded"] == 10
    assert here.ask("get", task)["counts"] == batch["counts"]
    with pytest.raises(BatchError, match="bad_transition"):
        here.ask("control", task, "pause")
    done = {photo["result"]["key"] for photo in here.photos(task) if photo["result"]}
    here.until(
        lambda: {k for k in here.stored() if task in k and "result" in k} == done,
        "late results to be removed",
    )
    assert here.ask("control", task, "retry")["status"] == "processing"
    assert here.ended(task)["counts"]["succeeded"] == 20


def test_delete_leaves_nothing_behind(service) -> None:
    here = service()
    here.ready()
    task = here.submit(*["sleep 0.1"] * 20)
    here.until(lambda: here.ask("get", task)["counts"]["succeeded"] > 3, "some photos")
    here.ask("delete", task)
    with pytest.raises(BatchError, match="not_found"):
        here.ask("get", task)
    here.ended(here.submit("sleep 0.3"))
    here.until(lambda: not [key for key in here.stored() if task in key], "its blobs to go")


def test_a_worker_that_dies_between_storing_and_reporting_leaves_nothing_behind(service, tmp_path: Path) -> None:
    here = service(
        worker_blobs=partial(DyingBlobs, (tmp_path / "blobs").as_uri(), tmp_path / "died", wait_s=0.2),
        max_workers=1,
    )
    task = here.submit("sleep 0", "sleep 0")
    here.until(lambda: len(here.lines("load")) == 2, "the first worker to die and the next to start")
    assert here.ended(task)["counts"]["succeeded"] == 2
    counted = {key for photo in here.photos(task) for name, key in photo["result"].items() if name.endswith("key")}
    here.until(lambda: set(here.stored()) == counted - {None}, "what the dead worker stored to be swept")
    assert max(photo["attempts"] for photo in here.photos(task)) == 2


@pytest.mark.parametrize("it_dies", [False, True])
def test_a_delete_while_a_worker_stores_leaves_nothing_behind(service, tmp_path: Path, it_dies: bool) -> None:
    marker = tmp_path / "died"
    if not it_dies:
        marker.touch()
    blobs = partial(DyingBlobs, (tmp_path / "blobs").as_uri(), marker, wait_s=1.0)
    here = service(worker_blobs=blobs, max_workers=1, timeout_s=2.0, orphaned_s=1.0)
    task = here.submit("sleep 0")
    here.until(lambda: [key for key in here.stored() if task in key], "the first blob of it")
    here.ask("delete", task)
    here.until(lambda: len(here.lines("load")) == 1 + it_dies, "the worker to have stored the last, and died")
    assert here.ended(here.submit("sleep 0"))["counts"]["succeeded"] == 1
    here.until(lambda: not [key for key in here.stored() if task in key], "its blobs to go")


def test_a_delete_is_carried_out_although_the_coordinator_dies(service) -> None:
    here = service()
    pids = here.ready()
    task = here.submit(*["sleep 0.01"] * 40)
    here.ended(task)
    here.ask("delete", task)
    os.kill(pids["coordinator"], signal.SIGKILL)
    here.until(lambda: not [key for key in here.stored() if task in key], "its blobs to go")
    with pytest.raises(BatchError, match="not_found"):
        here.ask("get", task)


def test_pause_and_resume_in_quick_succession_leave_nothing_processing(service) -> None:
    here = service()
    here.ready()
    task = here.submit(*["sleep 0.05"] * 60)
    for _ in range(10):
        here.until(lambda: here.ask("get", task)["counts"]["processing"], "work to be under way")
        here.ask("control", task, "pause")
        here.ask("control", task, "resume")
    batch = here.ended(task)
    assert batch["counts"]["succeeded"] == 60
    assert len({line.split()[2] for line in here.lines("done")}) == len(here.lines("done")) == 60


def test_retry_after_a_pause_that_came_too_late(service) -> None:
    here = service()
    here.ready()
    task = here.submit("bad", "sleep 0.3")
    here.until(lambda: here.ask("get", task)["counts"]["queued"] == 0, "both to be under way")
    here.ask("control", task, "pause")
    assert here.ended(task)["status"] == "completed"
    assert here.ask("control", task, "retry")["status"] == "processing"
    assert here.ended(task)["counts"]["failed"] == 1


def test_a_watcher_sees_every_end_once_and_versions_only_grow(service) -> None:
    here = service()
    task = here.submit(*["sleep 0.02"] * 30)
    since, seen, versions = here.ask("get", task)["version"] >> 32 << 32, {}, []
    while True:
        update = here.ask("watch", task, since, 10.0)
        since = update["batch"]["version"]
        versions.append(since)
        seen |= {photo["index"]: photo["status"] for photo in update["photos"]}
        if update["ended"]:
            break
    assert seen == dict.fromkeys(range(30), "succeeded")
    assert versions == sorted(set(versions))


def test_idempotency_keys_make_one_batch(service) -> None:
    here = service()
    task = here.submit("sleep 0", idempotency_key="k", digest="one")
    assert here.submit("sleep 0", idempotency_key="k", digest="one") == task
    with pytest.raises(BatchError, match="idempotency_mismatch"):
        here.submit("sleep 0", idempotency_key="k", digest="other")
    os.kill(here.pids()["coordinator"], signal.SIGKILL)
    assert here.submit("sleep 0", idempotency_key="k", digest="one") == task
    here.ask("reserve", "new", "request 1")
    here.ask("reserve", "new", "request 1")
    with pytest.raises(BatchError, match="idempotency_in_progress"):
        here.ask("reserve", "new", "request 2")


def test_too_many_photos_in_the_queue_are_refused_until_there_is_room(service) -> None:
    here = service(max_queued_photos=30)
    here.ready()
    task = here.submit(*["sleep 0.1"] * 40)  # an empty queue takes any batch
    here.until(lambda: here.ask("get", task)["counts"]["succeeded"] > 3, "a pace to be known")
    refusals: list[BatchError] = []

    def accepted() -> str | None:
        try:
            return here.submit(*["sleep 0"] * 20)
        except BatchError as refused:
            refusals.append(refused)
            return None

    while (other := accepted()) is None:
        assert len(refusals) < 5, "what it says is not when there is room"
        time.sleep(refusals[-1].retry_after_s or 0.0)
    assert {refused.code for refused in refusals} == {"queue_full"}
    assert here.ended(other)["counts"]["succeeded"] == 20
    assert here.ended(task)["counts"]["succeeded"] == 40


def test_a_full_queue_says_when_to_come_back(service) -> None:
    here = service(max_queue=2)
    here.submit(*["sleep 0.2"] * 20)
    here.submit("sleep 0.2")
    with pytest.raises(BatchError, match="queue_full") as refused:
        here.submit("sleep 0")
    assert refused.value.retry_after_s >= 1


def test_workers_leave_after_their_coordinator(service) -> None:
    here = service(orphaned_s=1.0)
    pids = here.ready()
    ray.kill(directory.find_coordinator(here.config.namespace), no_restart=True)
    here.until(lambda: not any(psutil.pid_exists(pid) for pid in pids.values()), "the workers to leave", 15)


def test_without_an_ingress_the_coordinator_leaves_and_takes_the_workers_along(service) -> None:
    here = service(abandoned_s=1.5)
    pids = here.ready()
    here.until(lambda: not any(psutil.pid_exists(pid) for pid in pids.values()), "all to leave", 15)


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
    old.ask("control", task, "pause")
    old.until(lambda: old.ask("get", task)["counts"]["processing"] == 0, "photos in flight to end")
    os.kill(pids["coordinator"], signal.SIGSTOP)
    new = service(open_journal=journal)
    assert new.ask("get", task)["status"] == "paused"
    new.ask("control", task, "resume")
    assert new.ended(task)["counts"]["succeeded"] == 20
    version = new.ask("get", task)["version"]
    os.kill(pids["coordinator"], signal.SIGCONT)
    stale = directory.find_coordinator(old.config.namespace)
    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(stale.control.remote(task, "cancel"), timeout=20)
    new.until(lambda: not any(psutil.pid_exists(pid) for pid in pids.values()), "the loser and its workers to leave")
    assert new.ask("get", task)["version"] == version
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
