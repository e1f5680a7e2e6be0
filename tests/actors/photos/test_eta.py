"""The ETA is null until two photos ended, and its band holds the truth most of the time."""

import random

import pytest

from actors.batches.events import BatchEvent, Leased, Paused, Reported, Resumed
from actors.messages.records import BatchSpec, LeaseKey, Outcome, PhotoSpec
from actors.photos.eta import Pace
from actors.photos.report import Report
from tests.actors.new_batch import new_batch


def test_silent_until_two_photos_have_ended() -> None:
    pace = Pace()
    pace.began(0.0)
    assert pace.eta_s(10, 1, 0.0) is None
    pace.ended(1.0, 0)
    assert pace.eta_s(9, 1, 1.0) is None
    pace.ended(2.0, 1)
    estimate, low, high = pace.eta_s(8, 0, 2.0) or (0, 0, 0)
    assert estimate == pytest.approx(8.0)
    assert low < estimate < high


@pytest.mark.parametrize(
    ("workers", "spread"),
    [
        (1, 0.05),
        (1, 0.5),
        (1, 1.0),
        (2, 0.05),
        (2, 0.5),
        (2, 1.0),
        (4, 0.05),
        (4, 0.5),
        (4, 1.0),
        (16, 0.05),
        (16, 0.5),
    ],
)
def test_the_band_holds_the_truth_four_times_of_five(workers: int, spread: float) -> None:
    """Workers that begin together, so that their first photos end together."""
    rng = random.Random(5)
    held = asked = 0
    for _ in range(100):
        free = [0.0] * workers
        ends = []
        for _ in range(200):
            first = min(range(workers), key=free.__getitem__)
            free[first] += rng.lognormvariate(0, spread)
            ends.append(free[first])
        ends.sort()
        pace = Pace()
        pace.began(0.0)
        for n, end in enumerate(ends, 1):
            pace.ended(end, n)
            if n in {2, 10, 50, 120}:
                _, low, high = pace.eta_s(200 - n, workers, end) or (0.0, 0.0, 0.0)
                held += low <= ends[-1] - end <= high
                asked += 1
    assert held / asked >= 0.8


def test_a_stall_makes_it_later() -> None:
    pace = Pace()
    pace.began(-1.0)
    for n in range(10):
        pace.ended(float(n), n)
    assert (pace.photos_per_s(0, 9.5) or 0) == pytest.approx(1.0)
    assert (pace.photos_per_s(1, 60.0) or 1) < 0.1


def test_a_pause_is_not_taken_for_slowness() -> None:
    pace = Pace()
    pace.began(0.0)
    pace.ended(0.5, 0)
    pace.ended(1.0, 1)
    pace.interrupted()
    assert pace.photos_per_s(1, 1000.0) is None
    pace.began(1000.0)
    pace.ended(1000.5, 2)
    pace.ended(1001.0, 3)
    assert (pace.photos_per_s(0, 1001.0) or 0) == pytest.approx(2.0)


def test_many_reports_at_once_are_no_miracle() -> None:
    pace = Pace()
    pace.began(0.0)
    for photo in range(64):
        pace.ended(8.0, photo)
    assert (pace.photos_per_s(2, 8.0) or 0) == pytest.approx(8.1, abs=0.1)


def test_photos_that_were_under_way_at_a_resume_promise_no_pace() -> None:
    """Two end in the first moments after it; the pace is that of photos which were begun and ended since."""
    batch = new_batch(BatchSpec("b1", "ann", {"type": "filter"}, {}), [PhotoSpec("file:///a.jpg", "a.jpg")] * 8)

    def happen(at: float, event: BatchEvent) -> None:
        batch.apply(batch.recorded + 1, at, event)

    def done(*photos: int) -> Reported:
        return Reported([Report.of(Outcome(LeaseKey("b1", photo, 1), result={}), None) for photo in photos])

    happen(0.0, Leased("w", [(0, 1), (1, 1)], alone=False))
    happen(1.0, Paused())
    happen(600.0, Resumed())
    happen(600.0, Leased("w", [(2, 1), (3, 1)], alone=False))
    happen(600.03, done(0))
    happen(600.06, done(1))
    assert batch.pace.photos_per_s(2, 600.06) is None
    happen(601.0, done(2))
    happen(602.0, done(3))
    assert (batch.pace.photos_per_s(0, 602.0) or 0) == pytest.approx(1.0)
