"""Thumbnails of results."""

from collections.abc import Callable

import cv2
import numpy as np
import simplejpeg

from models.codec.encoder import over_white
from models.picture import Pixels
from models.reduce import mean_of_cells

_QUALITY = 80
_STEPS = (8, 4, 2)
_SIDE = 360  # pixels
FROM_CELLS = _STEPS[0] * _SIDE  # pixels of the long side, from which on the means of cells of 8 are enough


def thumbnail(pixels: Pixels, max_side: int = _SIDE, reduce: Callable[[Pixels, int], Pixels] = mean_of_cells) -> bytes:
    """Return a JPEG of upright pixels (H, W, 4), alpha over white, at most `max_side` wide and high.

    `reduce` averages whole cells, like models.reduce.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, max_side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = _reduced(pixels, size, reduce)
    if scale < 1:
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.uint8)
    small = np.ascontiguousarray(over_white(small))
    data: bytes = simplejpeg.encode_jpeg(small, _QUALITY, "RGBX", "420")
    return data


def _reduced(pixels: Pixels, size: tuple[int, int], reduce: Callable[[Pixels, int], Pixels]) -> Pixels:
    """Reduce by whole cells while it stays at least as large as `size`: other factors take ten times as long."""
    for step in _STEPS:
        while pixels.shape[1] >= step * size[0] and pixels.shape[0] >= step * size[1]:
            whole = pixels[: pixels.shape[0] // step * step, : pixels.shape[1] // step * step]
            pixels = reduce(whole, step)
    return pixels
