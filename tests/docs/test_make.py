"""`make demo`, as it stands in the Makefile, with three photos instead of fifty."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.docs.pages import ROOT


@pytest.mark.slow
def test_the_demo_is_made(tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    # What `setup-cpu` would install is what this runs in, and more.
    words = ["make", "-o", "setup-cpu", "demo", f"DEMO={demo}", "DEMO_PHOTOS=3", f"BIN={Path(sys.executable).parent}"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((demo / "run.json").read_text())["succeeded"] == 3
    assert len(list((demo / "results").glob("*.jpg"))) == 3
    assert Image.open(demo / "contact-sheet.png").width > 500
    assert "× codec floor" in done.stdout
