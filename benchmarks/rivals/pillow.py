"""Pillow: `Image.point` with a table a channel; `Image.convert` with a matrix before it, if the look mixes channels.

Color3DLUT of 17³ or 33³ takes three times as long as both together. Pillow starts no threads.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from PIL import Image

from benchmarks.photos.floor import QUALITY
from benchmarks.rivals.fitted import Fitted

VERSIONS = {"pillow": version("pillow")}


def make(fitted: Fitted) -> Callable[[Path, Path], None]:
    """Return the work of a process of the pool."""
    tables = fitted.curves.ravel().tolist()
    matrix = None if fitted.matrix is None else [factor for row in fitted.matrix.tolist() for factor in (*row, 0)]

    def retouch(source: Path, target: Path) -> None:
        with Image.open(source) as photo:
            kept = {name: photo.info[name] for name in ("exif", "icc_profile") if name in photo.info}
            mixed = photo if matrix is None else photo.convert("RGB", matrix)
            mixed.point(tables).save(target, quality=QUALITY, subsampling="4:2:0", **kept)

    return retouch
