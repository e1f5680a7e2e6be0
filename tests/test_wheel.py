"""The wheel is the light client, and nothing else is needed for it to work."""

import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = """
import asyncio, photobatch
from photobatch import AsyncPhotoBatch, PhotoBatch, UnavailableError
try:
    PhotoBatch("http://127.0.0.1:1", patience_s=0).stats()
except UnavailableError as error:
    print(error.code)
"""


@pytest.mark.slow
def test_the_wheel_works_alone(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)], check=True)
    [wheel] = tmp_path.glob("*.whl")
    inside = {name.partition("/")[0] for name in ZipFile(wheel).namelist()}
    assert {name for name in inside if not name.endswith(".dist-info")} == {"photobatch"}

    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", wheel], check=True)
    done = subprocess.run([python, "-c", PROGRAM], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout == "unreachable\n"
    listed = subprocess.run([python, "-m", "photobatch", "--help"], cwd=tmp_path, check=True, capture_output=True)
    assert b"photobatch" in listed.stdout
