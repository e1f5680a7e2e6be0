"""A disk that fills up holds the whole service, fails no photo, and lets go when there is room."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.coordinator.hold import Hold
from tests.told import told

ROOT = Path(__file__).parents[3]


def test_a_full_disk_holds_the_service_and_loses_nothing(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        if os.environ.get("CI") == "true":
            pytest.fail("this machine may make no mount namespace (unshare -rm), so a full disk is not tested")
        pytest.skip("needs unshare -rm")
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, "-m", "tests.actors.coordinator.small_disk", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = told(tmp_path)
    assert "the disk is full" in said["hold"]
    assert said["held"] == "processing", "no batch changes its state"
    assert said["failed"] == 0
    assert said["refused"] == "storage_full"
    assert said["paused"] == "paused"
    assert said["counts"]["succeeded"] == 60
    assert said["accepted_after"] == "completed"


def test_the_log_says_once_that_it_begins_and_once_that_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    hold = Hold(least_room=100)
    with caplog.at_level(logging.INFO):
        for free in (500, 40, 30, 60, 500, 500):
            hold.update(journal_full=False, free=free)
    assert [record.message.partition(":")[0] for record in caplog.records] == ["hold begins", "hold ends"]
    assert [vars(record)["free_bytes"] for record in caplog.records] == [40, 500]
