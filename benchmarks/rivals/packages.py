"""Packages that only a peer needs, in pinned versions beside .venv: only the peer's own processes see them."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.rivals.peer import UnavailableError

FOLDER = Path(__file__).parents[2] / ".venv-peers"
_PATIENCE_S = 300.0


def installed(pins: Mapping[str, str], folder: Path = FOLDER) -> Path:
    """Return a folder with these packages for sys.path; pip fills it the first time. Raises UnavailableError.

    Their dependencies must be in .venv, so that both sides use the same versions.
    """
    wanted = folder / "+".join(f"{name}-{version}" for name, version in pins.items())
    if wanted.exists():
        return wanted
    half = wanted.with_suffix(".part")  # renamed when complete
    shutil.rmtree(half, ignore_errors=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", f"--target={half}"]
    packages = [f"{name}=={version}" for name, version in pins.items()]
    command = [sys.executable, "-m", "pip", "install", *options, *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"pip was not done with {', '.join(packages)} in {_PATIENCE_S:.0f} s.") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise UnavailableError(f"pip can't install {', '.join(packages)}; it said: {said[-1]}")
    half.replace(wanted)
    return wanted
