"""Memory does not grow with what was done."""

from pathlib import Path

import pytest

from benchmarks import soak


@pytest.mark.slow
def test_two_thousand_photos_leave_nothing_behind(tmp_path: Path) -> None:
    report = soak.run(2000, 3, tmp_path)
    assert report.violations == [], soak.record(report, 3)["memory"]
    assert report.photos >= 2000
