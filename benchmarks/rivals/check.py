"""Checks that a peer did the work: nobody is faster by doing less."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import ExifTags, Image

Pixels = npt.NDArray[np.uint8]

MOST_DIFFERENCE = 2.0  # mean 8-bit codes; most untouched photos differ from ours by 4 to 7

_QUARTERS = {1: 0, 3: 2, 6: 3, 8: 1}  # quarter turns to the left that make a photo upright, by orientation


class LessWorkError(Exception):
    """A result that is not the expected picture."""


def difference(result: Path, expected: Path, source: Path) -> float:
    """Return the mean absolute difference of a result to ours in 8-bit codes, both upright.

    Raises LessWorkError if it is not a valid JPEG, or differs from the source in size or subsampling, or from ours in
    its quantisation tables (the quality).
    """
    try:
        theirs = upright(result)
    except ValueError as error:
        raise LessWorkError(f"{result} is no sound JPEG: {error}") from error
    ours = upright(expected)
    height, width, _, subsampling = simplejpeg.decode_jpeg_header(source.read_bytes())
    if sorted(theirs.shape[:2]) != sorted((height, width)) or theirs.shape != ours.shape:
        raise LessWorkError(f"{result} has {theirs.shape[:2]} pixels upright, ours {ours.shape[:2]}")
    if simplejpeg.decode_jpeg_header(result.read_bytes())[3] != subsampling:
        raise LessWorkError(f"{result} is not {subsampling} as its source")
    if _tables(result) != _tables(expected):
        raise LessWorkError(f"{result} has another quality than ours")
    return float(np.abs(theirs.astype(np.int16) - ours).mean())


def upright(path: Path) -> Pixels:
    """Return a JPEG as a viewer shows it. Most peers leave the rotation to viewers; we do not."""
    pixels = simplejpeg.decode_jpeg(path.read_bytes(), "RGB", strict=True)
    with Image.open(path) as image:
        return np.rot90(pixels, _QUARTERS[image.getexif().get(ExifTags.Base.Orientation, 1)])


def _tables(path: Path) -> dict[int, list[int]]:
    """Return the values of each quantisation table, sorted: a photo that is turned in its coefficients turns them."""
    with Image.open(path) as image:
        tables: dict[int, list[int]] = getattr(image, "quantization", {})  # Pillow has them only for JPEGs
    return {number: sorted(table) for number, table in tables.items()}
