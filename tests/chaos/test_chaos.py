"""A real service under load is hit piece by piece, and keeps what it promised."""

from pathlib import Path

import pytest

from benchmarks.faults.run import run
from benchmarks.faults.settings import JOURNALS, QUICK_PHOTOS, ChaosSettings, Journal


def check(settings: ChaosSettings, folder: Path) -> None:
    report = run(settings, folder)
    told = "\n".join([f"seed {settings.seed}", *report.violations, *map(str, report.kill_log)])
    assert not report.violations, told
    assert report.photos >= settings.photos
    assert report.kills, "nothing was killed: this proves nothing"


@pytest.mark.parametrize("journal", JOURNALS)
@pytest.mark.usefixtures("needs_redis")
def test_half_a_minute_of_kills(tmp_path: Path, journal: Journal) -> None:
    check(ChaosSettings(11, 0.5, journal, QUICK_PHOTOS, freeze=False), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("journal", JOURNALS)
@pytest.mark.usefixtures("needs_redis")
def test_three_minutes_of_kills(tmp_path: Path, journal: Journal) -> None:
    check(ChaosSettings(12, 3.0, journal), tmp_path)
