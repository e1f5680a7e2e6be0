"""ImageMagick: one process a photo, `-clut` with the curves, Huffman tables as they come (optimising costs a pass).

`-clut` is its fastest way to curves: `-color-matrix` takes half as long again. If the look mixes channels, that goes
before it; `-hald-clut` does both at once and takes eight times as long. MAGICK_THREAD_LIMIT=1 keeps it to one thread.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.photos.floor import QUALITY
from benchmarks.rivals.fitted import Fitted
from benchmarks.rivals.peer import UnavailableError

_ROOT = Path(__file__).parents[2]
# Version 7; version 6 under Debian's own name and under its old one, which on some machines is another program's.
_NAMES = ("magick", "convert-im6.q16", "convert")
_SETTINGS = ("-quality", str(QUALITY), "-sampling-factor", "4:2:0", "-define", "jpeg:optimize-coding=false")


def program() -> tuple[str, str]:
    """Return its path and version; installs it if possible. Raises UnavailableError."""
    its = found()
    if its is None:
        subprocess.run([_ROOT / ".ci/system-packages", "--peers"], check=False)  # prints what is missing
        its = found()
    if its is None:
        raise UnavailableError("there is no ImageMagick; on Debian or Ubuntu: sudo apt-get install imagemagick.")
    return its


def found() -> tuple[str, str] | None:
    """Return the path and version of an installed ImageMagick."""
    for name in _NAMES:
        if path := shutil.which(name):
            said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stdout.split()
            if said[:2] == ["Version:", "ImageMagick"]:
                return path, said[2]
    return None


def make(path: str, fitted: Fitted) -> Callable[[Path, Path], None]:
    """Return the work of a process of the pool."""
    matrix: list[str] = []
    if fitted.matrix is not None:
        matrix = ["-color-matrix", " ".join(f"{factor:.4f}" for factor in fitted.matrix.ravel())]
    return partial(_retouch, path, matrix, b"P6 256 1 255\n" + fitted.curves.T.tobytes())


def _retouch(path: str, matrix: Sequence[str], curves: bytes, source: Path, target: Path) -> None:
    subprocess.run([path, source, *matrix, "ppm:-", "-clut", *_SETTINGS, target], input=curves, check=True)
