"""Reduces pictures by whole cells, for the analysing halves of the ops."""

from collections.abc import Callable
from typing import cast

import cv2
import numpy as np

from models.picture import Pixels


def mean_of_cells(pixels: Pixels, step: int) -> Pixels:
    """Return the mean of each cell of a picture whose size is a multiple of the cell."""
    size = (pixels.shape[1] // step, pixels.shape[0] // step)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cast(Pixels, small)


def reduce_cells(pixels: Pixels, step: int, mean: Callable[[Pixels, int], Pixels] = mean_of_cells) -> Pixels:
    """Return the mean of each cell of exactly step×step pixels.

    `pixels` is uint8 (H, W, C), the result uint8 (⌈H/step⌉, ⌈W/step⌉, C). Cells beyond the right or lower edge are
    padded with the edge, so cell (i, j) always begins at pixel (i·step, j·step); a plain resize would stretch the
    picture a little. `step` 1 returns `pixels` itself. `mean` computes the means.
    """
    if step == 1:
        return pixels
    height, width = pixels.shape[:2]
    rows, columns = height // step, width // step
    if rows * step == height and columns * step == width:
        return mean(pixels, step)
    small = np.empty((-(-height // step), -(-width // step), pixels.shape[2]), np.uint8)
    if rows and columns:
        small[:rows, :columns] = mean(pixels[: rows * step, : columns * step], step)
    if columns * step < width:
        small[:, columns:] = mean(_padded(pixels[:, columns * step :], step), step)
    if rows * step < height:
        small[rows:] = mean(_padded(pixels[rows * step :], step), step)
    return small


def _padded(pixels: Pixels, step: int) -> Pixels:
    """`pixels` with its last row and column repeated up to a multiple of `step`."""
    below, right = -pixels.shape[0] % step, -pixels.shape[1] % step
    return np.pad(pixels, ((0, below), (0, right), (0, 0)), mode="edge")
