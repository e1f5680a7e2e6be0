"""A real service under load is killed piece by piece, and keeps what it promised."""

import os
from pathlib import Path

import pytest

from benchmarks.faults.run import run
from benchmarks.faults.settings import JOURNALS, QUICK_PHOTOS, ChaosSettings, Journal
from benchmarks.redis_server import RedisServer

# Until what dead workers left must be gone: BATCH_TASK_TIMEOUT and 90 s, where only the journal knows of them.
SETTLE_S = 130.0


def check(settings: ChaosSettings, folder: Path) -> None:
    if settings.journal == "redis" and not RedisServer.installed():
        if os.environ.get("CI") == "true":
            pytest.fail("redis-server is not installed")
        pytest.skip("needs redis-server")
    report = run(settings, folder)
    told = "\n".join([f"seed {settings.seed}", *report.violations, *map(str, report.kill_log)])
    assert not report.violations, told
    assert report.photos >= settings.photos
    assert report.kills, "nothing was killed: this proves nothing"


@pytest.mark.parametrize("journal", JOURNALS)
def test_half_a_minute_of_kills(tmp_path: Path, journal: Journal) -> None:
    check(ChaosSettings(11, 0.5, journal, QUICK_PHOTOS, SETTLE_S), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("journal", JOURNALS)
def test_three_minutes_of_kills(tmp_path: Path, journal: Journal) -> None:
    check(ChaosSettings(12, 3.0, journal, settle_s=SETTLE_S), tmp_path)
