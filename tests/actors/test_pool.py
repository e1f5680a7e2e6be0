"""Workers that die as soon as they are started cost no hot loop, are said to be sick, and are forgiven."""

from functools import partial
from itertools import pairwise
from pathlib import Path

from actors.pool import Pool, WorkerRecord
from tests.actors.scripted import dies_at_birth

FEW = 5  # quick deaths in a row, after which health says so
GROWING_S = [0.0, 2.0, 4.0, 8.0]  # between one death and the next start, at least


def test_workers_that_die_at_birth_are_started_ever_more_slowly(service, tmp_path: Path) -> None:
    cure = tmp_path / "cure"
    here = service(make_retoucher=partial(dies_at_birth, tmp_path / "log.txt", cure), max_workers=1)
    task = here.submit("sleep 0")
    assert not here.ask("greet")["sick"]
    here.until(lambda: here.ask("greet")["sick"], "quick deaths to be noticed", 90)
    births = [float(line.split()[2]) for line in here.lines("born")]
    assert len(births) == FEW
    assert all(after - before >= least for (before, after), least in zip(pairwise(births), GROWING_S, strict=True))
    assert here.ask("get", task)["counts"]["queued"] == 1, "a photo that nobody has begun is no suspect"
    cure.touch()
    assert here.ended(task)["counts"]["succeeded"] == 1
    assert not here.ask("greet")["sick"]


def test_a_worker_that_does_well_ends_no_back_off_of_another_that_cannot_start() -> None:
    pool = Pool(2)
    old = WorkerRecord("old", None)
    pool.add(old)
    for n in range(FEW):
        young = WorkerRecord(f"young-{n}", None)
        pool.add(young)
        pool.died(young)
        pool.did_well("old")
    assert pool.sick
    assert pool.missing() == 0, "the back-off holds"
    better = WorkerRecord("better", None)
    pool.add(better)
    pool.did_well("better")
    assert not pool.sick
    pool.died(better)
    assert pool.missing() == 1, "and is over"
