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
from actors.messages.errors import BatchError
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, PhotoSpec
from tests.actors.broken_blobs import DyingBlobs, LockedBlobs


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
    here.until(lambda: here.get(task)["counts"]["succeeded"] > 5, "some photos")
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
    here.until(lambda: here.stats()["workers"]["ready"] <= 1, "its death to be noticed")
    assert here.ended(here.submit(*["sleep 0.05"] * 12))["counts"]["succeeded"] == 12


def test_a_source_that_nobody_foresaw_fails_alone(service) -> None:
    here = service()
    here.ready()
    os.mkfifo(here.folder / "pipe.jpg")
    (here.folder / "loop.jpg").symlink_to("loop.jpg")
    names = ["pipe.jpg", "loop.jpg", "nul%00.jpg", ""]
    photos = [PhotoSpec(f"{here.folder.as_uri()}/{name}", name) for name in names]
    task = new_id("b")
    here.ask(here.coordinator.submit(BatchSpec(task, "ann", preset={}, output={}), photos))
    assert here.ended(task)["counts"]["failed"] == len(names)
    assert all(photo["attempts"] == 1 and photo["error"]["code"] for photo in here.photos(task))
    assert len(here.lines("load")) == 2, "no worker was lost"


def test_the_coordinators_death_loads_no_model_and_repeats_no_photo(service) -> None:
    here = service()
    before = here.ready()
    task = here.submit(*["sleep 0.1"] * 60)
    version = here.until(
        lambda: (batch := here.get(task))["counts"]["succeeded"] > 5 and batch["version"],
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


@pytest.mark.slow
def test_everything_dead_at_once_and_the_batch_goes_on(service) -> None:
    here = service(timeout_s=5.0, orphaned_s=5.0)  # what the dead had stored is swept after that, and some
    pids = here.ready()
    task = here.submit(*["sleep 0.05"] * 60)
    here.until(lambda: here.get(task)["counts"]["succeeded"] > 10, "some photos")
    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)
    assert here.ended(task)["counts"]["succeeded"] == 60
    here.until(lambda: len(here.stored()) == 120, "what late attempts left to be swept")


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


def test_a_store_that_takes_nothing_is_an_error_of_ours_by_its_one_code(service, tmp_path: Path) -> None:
    here = service(worker_blobs=partial(LockedBlobs, (tmp_path / "blobs").as_uri()))
    task = here.submit("sleep 0")
    here.ended(task)
    assert here.photos(task)[0]["error"] == {
        "code": "storage_error",
        "message": "The photo could not be written to the blob store.",
        "retryable": False,
    }


def test_a_watcher_sees_every_end_once_and_versions_only_grow(service) -> None:
    here = service()
    task = here.submit(*["sleep 0.02"] * 30)
    since, seen, versions = here.get(task)["version"] >> 32 << 32, {}, []
    while True:
        update = here.ask(here.coordinator.watch(task, since, 10.0))
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
    here.ask(here.coordinator.reserve("new", "request 1", None))
    here.ask(here.coordinator.reserve("new", "request 1", None))
    with pytest.raises(BatchError, match="idempotency_in_progress"):
        here.ask(here.coordinator.reserve("new", "request 2", None))


def test_too_many_photos_in_the_queue_are_refused_until_there_is_room(service) -> None:
    here = service(max_queued_photos=30)
    here.ready()
    task = here.submit(*["sleep 0.1"] * 40)  # an empty queue takes any batch
    here.until(lambda: here.get(task)["counts"]["succeeded"] > 3, "a pace to be known")
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
