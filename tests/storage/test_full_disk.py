"""A real full disk: a tmpfs of a few MiB in a mount namespace of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def act(tmp_path: Path):
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        if os.environ.get("CI") == "true":
            pytest.fail("this machine may make no mount namespace (unshare -rm), so a full disk is not tested")
        pytest.skip("needs unshare -rm")

    def run(what: str) -> list[str]:
        done = subprocess.run(
            ["unshare", "-rm", sys.executable, str(HERE / "full_disk.py"), str(tmp_path), what],
            env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def test_a_full_disk_has_its_own_error_and_keeps_what_was_told(act) -> None:
    assert act("fill") == [
        "journal storage_full",
        "after storage_full",
        "kept True",
        "open storage_full",
        "put storage_full",
        "writer storage_full",
        "left [] []",
    ]


def test_the_journal_writes_on_out_of_its_reserve(act) -> None:
    assert act("reserve") == [
        "at first None",
        "out of the reserve full",
        "there 50",
        "in the end storage_full",
        "with room again None 1048576",
    ]
