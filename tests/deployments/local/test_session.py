"""Folders that killed processes left are swept; one whose owner lives stays, also when nobody here sees its process."""

import subprocess
import sys
from pathlib import Path

import pytest

from deployments.local import session

OWNER = (
    "import sys; from deployments.local.session import new_scratch_folder; print(new_scratch_folder(), flush=True); "
)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(session.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def owner(temporary: Path) -> tuple[subprocess.Popen[str], Path]:
    """Another process with a folder, until its input is closed."""
    code = f"import tempfile; tempfile.tempdir = {str(temporary)!r}; " + OWNER + "sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_folder_whose_owner_lives_stays_whatever_its_process_is_called(temporary: Path) -> None:
    process, folder = owner(temporary)
    try:
        # As seen from another container: the same folder, and no process of that id.
        foreign = folder.rename(temporary / f"{session.SCRATCH}-999999999-x")
        session.new_scratch_folder()
        assert foreign.exists()
    finally:
        process.kill()
        process.wait()


def test_what_a_killed_process_left_goes(temporary: Path) -> None:
    process, folder = owner(temporary)
    process.kill()
    process.wait()
    mine = session.new_scratch_folder()
    assert not folder.exists()
    again = session.new_scratch_folder()
    assert mine.exists(), "one's own stays too"
    assert again.exists()
