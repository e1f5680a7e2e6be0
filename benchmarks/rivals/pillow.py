"""Pillow: `Image.point` with a table a channel. Color3DLUT of 33³ gives the same and takes nearly three times as long.

Pillow starts no threads.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from PIL import Image

from benchmarks.floor import QUALITY
from benchmarks.rivals.look import Look

VERSIONS = {"pillow": version("pillow")}


def make(look: Look) -> Callable[[Path, Path], None]:
    """What a process of the pool does."""
    tables = look.curves.ravel().tolist()

    def retouch(source: Path, target: Path) -> None:
        with Image.open(source) as photo:
            kept = {name: photo.info[name] for name in ("exif", "icc_profile") if name in photo.info}
            photo.point(tables).save(target, quality=QUALITY, subsampling="4:2:0", **kept)

    return retouch
