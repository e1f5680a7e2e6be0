"""A real full disk: a tmpfs of 1 MiB in a mount namespace of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def test_a_full_disk_has_its_own_error_and_keeps_what_was_told(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        if os.environ.get("CI") == "true":
            pytest.fail("this machine may make no mount namespace (unshare -rm), so a full disk is not tested")
        pytest.skip("needs unshare -rm")
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, str(HERE / "full_disk.py"), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.splitlines() == [
        "journal storage_full",
        "after storage_full",
        "kept True",
        "open storage_full",
        "put storage_full",
        "writer storage_full",
        "left [] []",
    ], done.stderr
