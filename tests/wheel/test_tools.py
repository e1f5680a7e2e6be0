"""The lines of the README that install nothing for good: uvx and pipx, with the wheel in the place of the registry."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.wheel.environment import CONSTRAINTS, ROOT, UV, bare

pytestmark = pytest.mark.slow


def line(begins: str) -> str:
    """Return the README's command that begins so."""
    found = re.search(rf"^    ({begins} .*?)(?:  +#.*)?$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert found, begins
    return found[1]


@pytest.mark.parametrize("tool", ["uvx", "pipx"])
def test_a_folder_is_retouched_by_one_line(tool: str, wheel: Path, own_photos: Path, tmp_path: Path) -> None:
    path = f"{UV.parent}:{os.environ['PATH']}"
    if shutil.which(tool, path=path) is None:
        assert (tool, os.environ.get("CI")) != ("uvx", "true"), "uv comes with photobatch[dev]"
        pytest.skip(f"needs {tool}")
    words = shlex.split(line(tool).replace("photobatch[cpu]", f"{wheel}[cpu]"))
    words[words.index("--out") + 1] = str(tmp_path / "retouched")
    told = {"PATH": path, "BATCH_DATA_DIR": str(tmp_path / "data"), "UV_CONSTRAINT": str(CONSTRAINTS)}
    environment = dict(bare()) | told
    done = subprocess.run(words, cwd=own_photos, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "retouched").glob("*.jpg"))) == 2
