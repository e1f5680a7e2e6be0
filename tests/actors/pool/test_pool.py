"""Workers that die as soon as they are started cost no hot loop, are said to be sick, and are forgiven."""

from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from actors.pool.demand import Backlog, Elastic
from actors.pool.pool import Pool
from actors.pool.worker_record import Kind, WorkerRecord, WorkerState
from tests.actors.scripted import dies_at_birth

FEW = 5  # quick deaths in a row, after which health says so
GROWING_S = [0.0, 2.0, 4.0, 8.0]  # between one death and the next start, at least


@pytest.mark.slow
def test_workers_that_die_at_birth_are_started_ever_more_slowly(service, tmp_path: Path) -> None:
    cure = tmp_path / "cure"
    here = service(make_retoucher=partial(dies_at_birth, tmp_path / "log.txt", cure), max_workers=1)
    task = here.submit("sleep 0")
    assert not here.greet()["sick"]
    here.until(lambda: here.greet()["sick"], "quick deaths to be noticed", 90)
    births = [float(line.split()[2]) for line in here.lines("born")]
    assert len(births) == FEW
    assert all(after - before >= least for (before, after), least in zip(pairwise(births), GROWING_S, strict=True))
    assert here.get(task)["counts"]["queued"] == 1, "a photo that nobody has begun is no suspect"
    cure.touch()
    assert here.ended(task)["counts"]["succeeded"] == 1
    assert not here.greet()["sick"]


def test_a_worker_that_does_well_ends_no_back_off_of_another_that_cannot_start() -> None:
    pool = Pool(Elastic(2, 2))
    old = WorkerRecord("old", None)
    pool.add(old)
    for n in range(FEW):
        young = WorkerRecord(f"young-{n}", None)
        pool.add(young)
        pool.died(young)
        pool.did_well("old")
    assert pool.sick
    assert pool.missing() == [], "the back-off holds"
    better = WorkerRecord("better", None)
    pool.add(better)
    pool.did_well("better")
    assert not pool.sick
    pool.died(better)
    assert len(pool.missing()) == 1, "and is over"


@pytest.mark.parametrize(
    ("backlog_s", "photos", "wanted"),
    [
        (0, 0, 1),  # what is kept
        (1, 50, 1),
        (29, 100, 1),
        (31, 100, 2),
        (3000, 10_000, 8),  # the most there may be
        (600, 3, 3),  # three photos, however large, keep three workers busy
    ],
)
def test_as_many_workers_are_wanted_as_the_work_is_worth(backlog_s: float, photos: int, wanted: int) -> None:
    assert Elastic(1, 8, target_s=30).wanted(Backlog(backlog_s, photos)) == wanted


def test_where_none_is_kept_one_photo_brings_one() -> None:
    elastic = Elastic(0, 8, target_s=30)
    assert (elastic.wanted(Backlog(0, 0)), elastic.wanted(Backlog(0.1, 1))) == (0, 1)


def test_a_pool_that_is_not_elastic_stays_as_it_is() -> None:
    pool = filled(Pool(Elastic(2, 2)), "one", "two")
    assert resized(pool, set()) == []
    assert pool.missing() == []


def test_who_has_been_idle_longest_goes_first_and_who_is_busy_stays() -> None:
    pool = filled(Pool(Elastic(0, 4, target_s=1, idle_s=60)), "a", "b", "c")
    for name, ago in (("a", 70), ("b", 100), ("c", 80)):
        pool.workers[name].worked -= ago
    assert [worker.worker_id for worker in resized(pool, {"c"})] == ["b", "a"]
    assert [worker.worker_id for worker in resized(pool, {"c"}, 2, 2)] == ["b"], "two are worth keeping"
    assert resized(pool, {"c"}, 9, 9) == []
    assert pool.missing() == [Kind.CPU], "and one more is wanted"


def test_a_warm_worker_is_kept_for_a_while() -> None:
    pool = filled(Pool(Elastic(0, 4, target_s=1, idle_s=60)), "a")
    assert resized(pool, set()) == []


def test_whoever_wants_a_preview_gets_a_worker() -> None:
    pool = Pool(Elastic(0, 4))
    resized(pool, set())
    assert pool.missing() == []
    assert pool.previewer(set(), networks=False) is None
    resized(pool, set())
    assert pool.missing() == [Kind.CPU]


def resized(pool: Pool, busy: set[str], backlog_s: float = 0.0, photos: int = 0) -> list[WorkerRecord]:
    """Set the numbers of workers for this work of CPU workers, and return those to end."""
    return pool.resize(busy, {Kind.CPU: Backlog(backlog_s, photos), Kind.GPU: Backlog()})


def filled(pool: Pool, *names: str) -> Pool:
    """With ready workers."""
    for name in names:
        pool.add(WorkerRecord(name, None, state=WorkerState.READY))
    return pool


def test_workers_of_an_earlier_release_count_for_nothing_while_they_finish() -> None:
    pool = filled(Pool(Elastic(2, 2)), "old 1", "old 2")
    for worker in pool.workers.values():
        worker.leaving = True
    assert len(pool.missing()) == 2
    for name in ("new 1", "new 2"):
        pool.add(WorkerRecord(name, None))
    busy = {"old 1", "old 2"}
    crew = pool.crews[Kind.CPU]
    crew._enough_since -= 1000  # however long it takes
    resized(pool, busy, 9.0, 9)
    crew._enough_since -= 1000
    assert resized(pool, busy, 9.0, 9) == [], "those that are starting are needed"
    assert pool.missing() == []
    assert {worker.worker_id for worker in resized(pool, set(), 9.0, 9)} == busy, "who has nothing left goes"


def test_workers_that_are_lost_together_are_one_mishap_and_are_replaced_at_once() -> None:
    pool = filled(Pool(Elastic(6, 6)), *"abcdef")
    for worker in list(pool.workers.values()):
        pool.died(worker)
    assert not pool.sick
    assert len(pool.missing()) == 6
