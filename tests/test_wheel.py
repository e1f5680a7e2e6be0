"""The wheel is the light client, and nothing else is needed for it to work."""

import os
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
NOWHERE = "http://127.0.0.1:1"
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
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def said(program: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
        command = [tmp_path / "env/bin" / program, *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)

    assert said("python", "-m", "pip", "install", "-q", wheel).returncode == 0
    done = said("python", "-c", PROGRAM)
    assert (done.returncode, done.stdout) == (0, "unreachable\n"), done.stderr
    assert "photobatch" in said("python", "-m", "photobatch", "--help").stdout
    for command in ("submit", "watch", "status", "presets", "doctor"):
        shown = said("photobatch", command, "--help")
        assert f"photobatch {command}" in shown.stdout.partition("Example")[2], shown.stderr
    asked = said("photobatch", "status", "b1", "--url", NOWHERE)
    assert (asked.returncode, asked.stdout, "(unreachable)" in asked.stderr) == (3, "", True)
    looked = said("photobatch", "doctor", "--url", NOWHERE)
    assert (looked.returncode, looked.stderr, "the client only" in looked.stdout) == (1, "", True)
