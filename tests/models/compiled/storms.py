"""Builds the programs that run the C code under sanitizers."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

_FLAGS = ("-std=c11", "-g", "-O1", "-ffp-contract=off", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def built(folder: Path, sources: Iterable[Path], *options: str, needs: tuple[str, ...] = ()) -> Path:
    """Compile a program into a folder. Skips on a laptop without a compiler or what else it `needs`; CI fails."""
    if any(shutil.which(name) is None for name in ("cc", *needs)):
        if os.environ.get("CI") == "true":
            pytest.fail("there is no C compiler")
        pytest.skip("needs a C compiler" + (" on Linux" if needs else ""))
    program = folder / "storm"
    subprocess.run(["cc", *_FLAGS, "-o", program, *sources, *options], check=True)
    return program
