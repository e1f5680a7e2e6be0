"""An environment of its own with what pip, or uv, puts into it from our wheel; nothing of the checkout."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CONSTRAINTS = ROOT / "constraints.txt"
OLDEST, NEWEST = 11, 13
UV = Path(sys.executable).with_name("uv")
HERE = f"3.{sys.version_info.minor}"  # the Python that these tests run in
_INSTALL_S = 600.0


Release = tuple[int, ...]


@cache
def interpreters() -> dict[str, str]:
    """Return the Pythons of this machine that start, by version; those that pyenv hides too.

    An older release of the oldest one is there by its whole version: Debian 12 has 3.11.2.
    """
    found = {HERE: str(Path(sys.executable).resolve())}
    oldest: dict[Release, str] = {}
    for minor in range(OLDEST, NEWEST + 1):
        version = f"3.{minor}"
        hidden = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
        for python in filter(None, [shutil.which(f"python{version}"), f"/usr/bin/python{version}", *map(str, hidden)]):
            if release := _release(python):
                found.setdefault(version, python)
                oldest |= {release: python} if minor == OLDEST else {}
    if oldest and min(oldest) < (_release(found[f"3.{OLDEST}"]) or ()):
        found[".".join(map(str, min(oldest)))] = oldest[min(oldest)]
    return found


def _release(python: str) -> Release | None:
    """Return the version of an interpreter that starts, and can make virtual environments."""
    words = [python, "-c", "import ensurepip, sys, venv; print(*sys.version_info[:3])"]
    with suppress(OSError):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return tuple(map(int, done.stdout.split())) if done.returncode == 0 else None
    return None


def bare() -> Iterator[tuple[str, str]]:
    """Yield what an environment has that knows nothing of this checkout, nor of what tests set."""
    for name, value in os.environ.items():
        if not name.startswith(("PYTHON", "BATCH_", "PHOTOBATCH_", "RAY_", "VIRTUAL_ENV")):
            yield name, value


class Environment:
    """A virtual environment, and a folder from which commands are typed."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder = folder
        self.bin = folder / "env/bin"
        self.variables = {**dict(bare()), "BATCH_DATA_DIR": str(folder / "data"), "COLUMNS": "200"}
        subprocess.run([python, "-m", "venv", folder / "env"], env=self.variables, check=True)

    def install(self, *what: str, quickly: bool = False, pinned: bool = True) -> None:
        """Have pip install it, `pinned` in the versions that are tested.

        `quickly` has uv do it, which takes seconds where pip takes a minute.
        """
        words = [UV, "pip", "install", "--python", self.bin / "python"] if quickly else [self.bin / "pip", "install"]
        subprocess.run(
            [*words, "-q", *(["-c", CONSTRAINTS] if pinned else []), *what],
            cwd=self.folder, env=self.variables, timeout=_INSTALL_S, check=True,
        )  # fmt: skip

    def says(
        self, program: str, *arguments: object, cwd: Path | None = None, timeout_s: int = 180, **changes: str
    ) -> "subprocess.CompletedProcess[str]":
        """Type a command in the folder, or in `cwd`, with changes to the environment variables."""
        return subprocess.run(
            [self.bin / program, *map(str, arguments)],
            cwd=cwd or self.folder, env=self.variables | changes,
            capture_output=True, text=True, timeout=timeout_s, check=False,
        )  # fmt: skip

    def finds(self, **changes: str) -> dict[str, Any]:
        """Return what `photobatch doctor` finds, by the names of its checks."""
        said = self.says("photobatch", "doctor", "--json", **changes)
        checks = json.loads(said.stdout)["checks"]
        return {check["name"]: check for check in checks} | {"exit": said.returncode}
