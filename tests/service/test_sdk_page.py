"""What docs/sdk.md shows is run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.server import Server

PAGE = Path(__file__).parents[2] / "docs/sdk.md"


def test_the_page_runs_from_top_to_bottom(server: Server, photo_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name, place in {"coffee.jpg": "one.jpg", "astronaut.jpg": "two.jpg", "coffee.png": "mask.png"}.items():
        shutil.copy(photo_folder / name, tmp_path / "photos" / place)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 5
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PHOTOBATCH_URL": server.url},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "completed 1 []" in done.stdout
    assert "unknown_preset" in done.stdout
    for folder, names in {"retouched": ["mask.webp", "one.webp", "two.webp"], "cool": ["mask.png", "one.jpg"]}.items():
        assert set(names) <= {path.name for path in (tmp_path / folder).iterdir()}
