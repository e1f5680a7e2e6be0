"""A real service under load is hit piece by piece, and keeps what it promised."""

from pathlib import Path

import pytest

from benchmarks.faults.run import run
from benchmarks.faults.settings import QUICK_PHOTOS, ChaosSettings


def check(settings: ChaosSettings, folder: Path) -> None:
    report = run(settings, folder)
    told = "\n".join([f"seed {settings.seed}", *report.violations, *map(str, report.kill_log)])
    assert not report.violations, told
    assert report.photos >= settings.photos
    assert report.kills, "nothing was killed: this proves nothing"


@pytest.mark.slow
@pytest.mark.usefixtures("needs_redis")
def test_half_a_minute_of_kills(tmp_path: Path) -> None:
    check(ChaosSettings(11, 0.5, "redis", QUICK_PHOTOS, freeze=False), tmp_path)


@pytest.mark.slow
def test_three_minutes_of_kills_and_stops(tmp_path: Path) -> None:
    check(ChaosSettings(12, 3.0, "sqlite"), tmp_path)
