"""ImageMagick: one process a photo, `-clut` with the curves, Huffman tables as they come (optimising costs a pass).

`-clut` is its fastest way to this look: `-color-matrix` takes half as long again. MAGICK_THREAD_LIMIT=1 keeps it to
one thread.
"""

import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.floor import QUALITY
from benchmarks.rivals.look import Look
from benchmarks.rivals.peer import UnavailableError

_ROOT = Path(__file__).parents[2]
# Version 7; version 6 under Debian's own name and under its old one, which on some machines is another program's.
_NAMES = ("magick", "convert-im6.q16", "convert")
_SETTINGS = ("-quality", str(QUALITY), "-sampling-factor", "4:2:0", "-define", "jpeg:optimize-coding=false")


def program() -> tuple[str, str]:
    """Its path and version; installs it where that is possible. Raises UnavailableError."""
    found = _find()
    if found is None:
        subprocess.run([_ROOT / ".ci/system-packages", "--peers"], check=False)  # says itself what is missing
        found = _find()
    if found is None:
        raise UnavailableError("there is no ImageMagick; on Debian or Ubuntu: sudo apt-get install imagemagick.")
    return found


def _find() -> tuple[str, str] | None:
    for name in _NAMES:
        if path := shutil.which(name):
            said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stdout.split()
            if said[:2] == ["Version:", "ImageMagick"]:
                return path, said[2]
    return None


def make(path: str, look: Look) -> Callable[[Path, Path], None]:
    """What a process of the pool does."""
    return partial(_retouch, path, b"P6 256 1 255\n" + look.curves.T.tobytes())


def _retouch(path: str, curves: bytes, source: Path, target: Path) -> None:
    subprocess.run([path, source, "ppm:-", "-clut", *_SETTINGS, target], input=curves, check=True)
