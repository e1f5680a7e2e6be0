"""Pause, resume, cancel, retry and delete at awkward moments, on real actors."""

import os
import signal
from functools import partial
from pathlib import Path

import pytest
import ray

from actors import directory
from actors.messages.errors import BatchError
from tests.actors.broken_blobs import DyingBlobs
from tests.storage.locked import locked


def test_pause_returns_what_is_not_begun_and_resume_finishes(service) -> None:
    here = service()
    here.ready()
    task = here.submit(*["sleep 0.1"] * 40)
    here.until(lambda: here.get(task)["counts"]["succeeded"] > 6, "some photos")
    assert here.control(task, "pause")["status"] == "paused"
    assert here.control(task, "pause")["status"] == "paused", "the same call twice is not an error"
    still = here.until(
        lambda: (counts := here.get(task)["counts"])["processing"] == 0 and counts,
        "running photos to end",
    )
    assert still["succeeded"] < 40
    assert here.get(task)["status"] == "paused"
    other = here.submit("sleep 0")
    assert here.ended(other)["status"] == "completed", "other batches go on"
    assert here.get(task)["counts"] == still
    assert here.control(task, "resume")["status"] == "processing"
    assert here.ended(task)["counts"]["succeeded"] == 40
    assert all(photo["status"] == "succeeded" for photo in here.photos(task))


def test_a_pause_outlives_the_coordinator(service) -> None:
    here = service()
    pids = here.ready()
    task = here.submit(*["sleep 0.1"] * 20)
    here.control(task, "pause")
    os.kill(pids["coordinator"], signal.SIGKILL)
    here.until(lambda: here.pids()["coordinator"] != pids["coordinator"], "a new coordinator")
    assert here.get(task)["status"] == "paused"
    here.control(task, "resume")
    assert here.ended(task)["counts"]["succeeded"] == 20


def test_cancel_ends_photos_in_flight_at_once_and_touches_no_other_batch(service) -> None:
    here = service()
    here.ready()
    task, other = here.submit(*["sleep 0.3"] * 20), here.submit(*["sleep 0.05"] * 10, user="bob")
    here.until(lambda: here.get(task)["counts"]["succeeded"] > 1, "some photos")
    batch = here.control(task, "cancel")
    assert batch["status"] == "cancelled"
    assert batch["counts"]["processing"] == batch["counts"]["queued"] == 0
    assert here.ended(other)["counts"]["succeeded"] == 10
    assert here.get(task)["counts"] == batch["counts"]
    with pytest.raises(BatchError, match="bad_transition"):
        here.control(task, "pause")
    done = {photo["result"]["key"] for photo in here.photos(task) if photo["result"]}
    here.until(
        lambda: {k for k in here.stored() if task in k and "result" in k} == done,
        "late results to be removed",
    )
    assert here.control(task, "retry")["status"] == "processing"
    assert here.ended(task)["counts"]["succeeded"] == 20


def test_delete_leaves_nothing_behind(service) -> None:
    here = service()
    here.ready()
    task = here.submit(*["sleep 0.1"] * 20)
    here.until(lambda: here.get(task)["counts"]["succeeded"] > 3, "some photos")
    here.ask(here.coordinator.delete(task))
    with pytest.raises(BatchError, match="not_found"):
        here.get(task)
    here.ended(here.submit("sleep 0.3"))
    here.until(lambda: not [key for key in here.stored() if task in key], "its blobs to go")


@pytest.mark.parametrize("it_dies", [False, True])
def test_a_delete_while_a_worker_stores_leaves_nothing_behind(service, tmp_path: Path, it_dies: bool) -> None:
    marker = tmp_path / "died"
    if not it_dies:
        marker.touch()
    blobs = partial(DyingBlobs, (tmp_path / "blobs").as_uri(), marker, wait_s=1.0)
    here = service(worker_blobs=blobs, max_workers=1, timeout_s=2.0, orphaned_s=1.0)
    task = here.submit("sleep 0")
    here.until(lambda: [key for key in here.stored() if task in key], "the first blob of it")
    here.ask(here.coordinator.delete(task))
    here.until(lambda: len(here.lines("load")) == 1 + it_dies, "the worker to have stored the last, and died")
    assert here.ended(here.submit("sleep 0"))["counts"]["succeeded"] == 1
    here.until(lambda: not [key for key in here.stored() if task in key], "its blobs to go")


def test_a_delete_is_carried_out_although_the_coordinator_dies(service) -> None:
    here = service()
    pids = here.ready()
    task = here.submit(*["sleep 0.01"] * 40)
    here.ended(task)
    here.ask(here.coordinator.delete(task))
    os.kill(pids["coordinator"], signal.SIGKILL)
    here.until(lambda: not [key for key in here.stored() if task in key], "its blobs to go")
    with pytest.raises(BatchError, match="not_found"):
        here.get(task)


def test_pause_and_resume_in_quick_succession_leave_nothing_processing(service) -> None:
    here = service()
    here.ready()
    task = here.submit(*["sleep 0.05"] * 60)
    for _ in range(10):
        here.until(lambda: here.get(task)["counts"]["processing"], "work to be under way")
        here.control(task, "pause")
        here.control(task, "resume")
    batch = here.ended(task)
    assert batch["counts"]["succeeded"] == 60
    assert len({line.split()[2] for line in here.lines("done")}) == len(here.lines("done")) == 60


def test_retry_after_a_pause_that_came_too_late(service) -> None:
    here = service()
    here.ready()
    task = here.submit("bad", "sleep 0.3")
    here.until(lambda: here.get(task)["counts"]["queued"] == 0, "both to be under way")
    here.control(task, "pause")
    assert here.ended(task)["status"] == "completed"
    assert here.control(task, "retry")["status"] == "processing"
    assert here.ended(task)["counts"]["failed"] == 1


def test_a_lease_that_a_pause_meets_on_its_way_goes_back(service) -> None:
    here = service()
    here.ready()
    task = here.submit(*["bad"] * 8)
    here.ended(task)  # and no worker is about to begin one, as it might be after a cancel
    done = len(here.lines("retouch"))
    coordinator = directory.find_coordinator(here.config.namespace)
    with locked(here.folder / "journal.db"):
        refused = [coordinator.control.remote(task, "retry")]
        here.until(lambda: here.stats()["photos"]["processing"], "leases that wait for the journal")
        refused.append(coordinator.control.remote(task, "pause"))
        for answer in refused:  # carried out, and not yet told
            with pytest.raises(BatchError, match="journal_unavailable"):
                ray.get(answer)
    here.until(lambda: here.get(task)["counts"]["queued"] == 8, "the leases to go back")
    assert here.get(task)["status"] == "paused"
    assert len(here.lines("retouch")) == done, "nobody works on what is paused"
    here.control(task, "resume")
    assert here.ended(task)["counts"]["failed"] == 8
    assert len(here.lines("retouch")) == done + 8, "each once"
