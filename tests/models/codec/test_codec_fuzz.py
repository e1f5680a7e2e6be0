"""Mutated files are read or refused in our words. What a decoder does to a process it does to one of its own."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent


def fuzzed(seconds: float, first: int, folder: Path) -> str:
    """Return how the process ended; the file that it was at stays in the folder."""
    words = [sys.executable, str(HERE / "fuzz.py"), str(seconds), str(folder), str(first)]
    path = os.pathsep.join([str(ROOT), str(HERE)])
    ended = subprocess.run(
        words, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=seconds + 120, check=False
    )
    if ended.returncode == 0:
        return ended.stdout
    last = folder / "current"
    kept = f"{last} ({last.stat().st_size} bytes)" if last.exists() else "no file"
    pytest.fail(f"ended with {ended.returncode} at {kept}, seeds from {first}:\n{ended.stderr[-3000:]}")


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    said = fuzzed(5, 0, tmp_path)
    seen, taken = (int(word) for word in said.split() if word.isdigit())
    assert seen > taken > 10, "some are taken, or nothing of what follows a header was tried"


@pytest.mark.slow
def test_many_more_are(tmp_path: Path) -> None:
    fuzzed(120, random.SystemRandom().randrange(10**6, 10**9), tmp_path)
