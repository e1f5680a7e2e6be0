"""The ETA is null until two photos ended, and its band holds the truth most of the time."""

import random

import pytest

from actors.eta import Pace


def test_silent_until_two_photos_have_ended() -> None:
    pace = Pace()
    assert pace.eta_s(10, 0.0) is None
    pace.ended(1.0)
    assert pace.eta_s(9, 1.0) is None
    pace.ended(2.0)
    estimate, low, high = pace.eta_s(8, 2.0) or (0, 0, 0)
    assert estimate == pytest.approx(8.0)
    assert low < estimate < high


@pytest.mark.parametrize("spread", [0.05, 0.5, 1.0])
def test_the_band_holds_the_truth_four_times_of_five(spread: float) -> None:
    rng = random.Random(5)
    held = asked = 0
    for _ in range(200):
        gaps = [rng.lognormvariate(-2, spread) for _ in range(200)]
        ends = [sum(gaps[: n + 1]) for n in range(200)]
        pace = Pace()
        for n, end in enumerate(ends):
            pace.ended(end)
            if n in {10, 50, 120}:
                _, low, high = pace.eta_s(199 - n, end) or (0.0, 0.0, 0.0)
                held += low <= ends[-1] - end <= high
                asked += 1
    assert held / asked >= 0.8


def test_a_stall_makes_it_later() -> None:
    pace = Pace()
    for n in range(10):
        pace.ended(float(n))
    assert (pace.photos_per_s(9.5) or 0) == pytest.approx(1.0)
    assert (pace.photos_per_s(60.0) or 1) < 0.1


def test_a_pause_is_not_taken_for_slowness() -> None:
    pace = Pace()
    pace.ended(0.0)
    pace.ended(1.0)
    pace.interrupted()
    assert pace.photos_per_s(1000.0) is None
