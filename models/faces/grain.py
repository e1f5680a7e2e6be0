"""How grainy the surroundings of a face are, so that its smoothed skin does not look cut out of them."""

import cv2
import numpy as np

from models.picture import Pixels

_BLOCK = 8  # cells a side
_PLAIN = 0.2  # part of the blocks that show grain and nothing else
_DARK, _BRIGHT = 24, 232  # luma; beyond, grain is cut off
_FINER = 2.0  # what is less than a code
_COARSE = 0.75  # grain is coarser than a pixel, so that a reduced picture has more of it than a step-th
_LEAST = 16  # blocks
_VISIBLE = (2.5, 4.5)  # σ, codes: the noise of a clean photo, and certain grain
# Immerkær, "Fast Noise Variance Estimation" (1996): blind to constant and linear shading; of noise it passes 6 σ.
_MASK = np.asarray(((1, -2, 1), (-2, 4, -2), (1, -2, 1)), np.float32)


def grain_of(small: Pixels, step: int) -> float:
    """Return the standard deviation of luma's grain, codes at full size, of a part of a picture reduced by `step`.

    `small` is uint8 (h, w, 4). Its plainest blocks tell the grain, since texture varies more.
    0 if there is none to see.
    """
    luma = cv2.cvtColor(small, cv2.COLOR_RGBA2GRAY)
    rows, columns = luma.shape[0] // _BLOCK, luma.shape[1] // _BLOCK
    luma = luma[: rows * _BLOCK, : columns * _BLOCK]
    if rows * columns < _LEAST:
        return 0.0
    fine = cv2.convertScaleAbs(cv2.filter2D(luma, cv2.CV_16S, _MASK), alpha=_FINER)
    mean, rough = (cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA) for plane in (luma, fine))
    lit = rough[(mean > _DARK) & (mean < _BRIGHT)]
    if lit.size < _LEAST:
        return 0.0
    # The mean of the absolute value of a Gaussian is σ √(2 / π).
    sigma = float(np.quantile(lit, _PLAIN)) / _FINER * float(np.sqrt(np.pi / 2)) / 6 * step**_COARSE
    low, high = _VISIBLE
    return float(sigma * min(max((sigma - low) / (high - low), 0.0), 1.0))
