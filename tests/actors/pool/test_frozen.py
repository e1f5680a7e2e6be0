"""Workers that are stopped (SIGSTOP): alive to everybody who looks, and of no use."""

import json
import os
import signal
import sqlite3
from functools import partial
from pathlib import Path

import psutil
import ray

from tests.actors.broken_blobs import SlowBlobs
from tests.actors.service import Service


def workers(here: Service) -> dict[str, int]:
    return {name: pid for name, pid in here.ready().items() if name != "coordinator"}


def replaced(here: Service, victim: int, count: int = 2) -> None:
    """Wait until it is gone, process and all, and others are there in its place."""
    here.until(lambda: not psutil.pid_exists(victim), "its process to be gone")
    assert victim not in here.ready(count).values()


def test_an_idle_one_is_replaced_and_holds_up_no_photo(service) -> None:
    here = service(silent_s=2)
    victim = next(iter(workers(here).values()))
    os.kill(victim, signal.SIGSTOP)
    assert here.ended(here.submit(*["sleep 0.02"] * 30))["counts"]["succeeded"] == 30
    replaced(here, victim)
    assert here.stats()["workers"]["ready"] == 2


def test_one_that_stores_is_replaced_and_its_photo_is_done_again(service, tmp_path: Path) -> None:
    marker = tmp_path / "storing"
    slow = partial(SlowBlobs, (tmp_path / "blobs").as_uri(), marker, 1.0)
    here = service(silent_s=2, max_workers=1, worker_blobs=slow, retry_count=0)
    [victim] = {pid for name, pid in here.ready(1).items() if name != "coordinator"}
    task = here.submit("sleep 0")
    here.until(marker.exists, "the worker to store")
    os.kill(victim, signal.SIGSTOP)
    assert here.ended(task)["counts"]["succeeded"] == 1
    assert here.photos(task)[0]["attempts"] == 2
    replaced(here, victim, 1)


def test_one_that_wakes_up_too_late_reports_nothing_and_ends(service, tmp_path: Path) -> None:
    marker = tmp_path / "storing"
    slow = partial(SlowBlobs, (tmp_path / "blobs").as_uri(), marker, 1.0)
    here = service(silent_s=2, timeout_s=2.0, orphaned_s=2.0, worker_blobs=slow)
    workers(here)
    task = here.submit("sleep 0")
    here.until(marker.exists, "a worker to store")
    victim = int(here.lines("retouch")[0].split()[0])
    os.kill(victim, signal.SIGSTOP)
    here.until(lambda: len(here.lines("retouch")) == 2, "its photo to be begun by another")
    os.kill(victim, signal.SIGCONT)
    here.ended(task)
    assert here.photos(task)[0]["attempts"] == 2
    replaced(here, victim)
    counted = {key for name, key in here.photos(task)[0]["result"].items() if name.endswith("key")} - {None}
    here.until(lambda: set(here.stored()) == counted, "what it may have stored to be swept")


def test_one_that_outlives_the_news_of_its_death_is_swept_and_blames_no_photo(service, tmp_path: Path) -> None:
    """As when Ray's own processes die: workers are called dead, and store for a second more."""
    here = service(timeout_s=2.0, orphaned_s=2.0)
    pids = workers(here)
    here.submit("sleep 1")
    here.until(lambda: here.lines("retouch"), "the photo to be begun")
    victim = int(here.lines("retouch")[0].split()[0])
    os.kill(victim, signal.SIGSTOP)
    name = next(name for name, pid in pids.items() if pid == victim)
    ray.kill(ray.get_actor(name, namespace=here.config.namespace))
    here.until(lambda: len(here.lines("retouch")) == 2, "its photo to be begun by another")
    with sqlite3.connect(tmp_path / "journal.db") as journal:
        events = [json.loads(body) for (body,) in journal.execute("select body from events")]
    taken = [(event["e"], event["late"]) for event in events if "late" in event]
    assert taken == [("returned", here.config.late_s)], "not struck"
    os.kill(victim, signal.SIGCONT)


def test_one_that_computes_is_spared_and_goes_on_when_it_wakes_up(service) -> None:
    here = service(silent_s=1)
    workers(here)
    task = here.submit("sleep 0.5")
    here.until(lambda: here.lines("retouch"), "the photo to be begun")
    victim = int(here.lines("retouch")[0].split()[0])
    os.kill(victim, signal.SIGSTOP)
    try:
        other = here.submit(*["sleep 0.2"] * 20)  # takes four seconds of the other worker
        here.ended(other)
    finally:
        os.kill(victim, signal.SIGCONT)
    here.ended(task)
    assert here.photos(task)[0]["attempts"] == 1
    assert len(here.lines("load")) == 2


def test_one_whose_photo_has_used_up_its_time_is_spared_no_longer(service) -> None:
    here = service(silent_s=1, timeout_s=2.0, grace_s=1.0, retry_count=0)
    workers(here)
    task = here.submit("sleep 1")
    here.until(lambda: here.lines("retouch"), "the photo to be begun")
    victim = int(here.lines("retouch")[0].split()[0])
    os.kill(victim, signal.SIGSTOP)
    here.ended(task)
    assert here.photos(task)[0]["error"]["code"] == "timed_out"
    replaced(here, victim)


def test_one_that_is_only_busy_is_left_alone(service, tmp_path: Path) -> None:
    """The GIL held, and a slow store, each for longer than a worker may be silent."""
    slow = partial(SlowBlobs, (tmp_path / "blobs").as_uri(), tmp_path / "storing", 3.0)
    here = service(silent_s=1, worker_blobs=slow)
    workers(here)
    task = here.submit("hold 4", "sleep 0")
    here.ended(task)
    assert [photo["attempts"] for photo in here.photos(task)] == [1, 1]
    assert len(here.lines("load")) == 2


def test_a_new_coordinator_does_not_take_one_over(service) -> None:
    here = service()
    pids = here.ready()
    victim = next(pid for name, pid in pids.items() if name != "coordinator")
    os.kill(victim, signal.SIGSTOP)
    os.kill(pids["coordinator"], signal.SIGKILL)
    replaced(here, victim)
