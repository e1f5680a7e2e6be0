"""Turns a gain map with its picture."""

import numpy as np

from models.gain_map import Samples


def upright(samples: Samples, orientation: int) -> Samples:
    """Apply an EXIF orientation 1..8 to samples (h, w, n)."""
    if orientation >= 5:
        samples = samples.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    return np.ascontiguousarray(samples)
