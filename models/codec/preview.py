"""The small picture for a list."""

import cv2
import numpy as np
import simplejpeg

from models.codec.encoder import over_white
from models.picture import Pixels

_QUALITY = 80


def thumbnail(pixels: Pixels, max_side: int = 360) -> bytes:
    """Return a JPEG of upright pixels (H, W, 4), alpha over white, at most `max_side` wide and high."""
    height, width = pixels.shape[:2]
    scale = min(1.0, max_side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = _halved(pixels, size)
    if scale < 1:
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.uint8)
    small = np.ascontiguousarray(over_white(small))
    data: bytes = simplejpeg.encode_jpeg(small, _QUALITY, "RGBX", "420")
    return data


def _halved(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Halve while the target is not reached: exact 2×2 cells are ten times as fast as any others."""
    while pixels.shape[1] >= 2 * size[0] and pixels.shape[0] >= 2 * size[1]:
        even = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
        half = even.shape[1] // 2, even.shape[0] // 2
        pixels = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    return pixels
