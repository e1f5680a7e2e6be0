"""The region to erase, as a mask over the upright photo."""

from collections.abc import Sequence
from math import ceil, floor

import cv2
import numpy as np
import numpy.typing as npt

from models.errors import PhotoError
from models.picture import Pixels

Mask = npt.NDArray[np.uint8]  # (H, W): 255 where the photo is to be erased, else 0
Box = Sequence[float]  # left, top, width, height

_TINY = 1e-6  # pixels; 0.1 + 0.2 of a hundred are thirty


def mask_of_boxes(height: int, width: int, boxes: Sequence[Box], *, fraction: bool) -> Mask:
    """Return the mask of boxes in pixels, or with `fraction` in fractions of the photo's width and height.

    Every pixel that a box touches is erased; parts beyond the photo's edge are ignored.
    """
    mask = np.zeros((height, width), np.uint8)
    across, along = (width, height) if fraction else (1, 1)
    for left, top, wide, high in boxes:
        x0, x1 = _touched(left * across, (left + wide) * across, width)
        y0, y1 = _touched(top * along, (top + high) * along, height)
        mask[y0:y1, x0:x1] = 255
    return mask


def _touched(start: float, end: float, size: int) -> tuple[int, int]:
    """Return the first and the end pixel that an interval touches, apart from rounding errors."""
    return min(max(0, floor(start + _TINY)), size), min(max(0, ceil(end - _TINY)), size)


def mask_of_picture(pixels: Pixels, height: int, width: int) -> Mask:
    """Return the mask that a picture (h, w, 4) of any size paints: white, opaque parts are erased.

    It is stretched over the photo; contours of a small one become smooth lines, not stairs.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGBA2GRAY)
    grey = cv2.multiply(grey, cv2.extractChannel(pixels, 3), scale=1 / 255)
    if grey.shape != (height, width):
        smaller = grey.shape[0] >= height and grey.shape[1] >= width
        grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return np.asarray(cv2.threshold(grey, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)


def grown(mask: Mask, by: float) -> Mask:
    """Return the mask, enlarged by `by` pixels."""
    if by < 1:
        return mask
    x, y, w, h = cv2.boundingRect(mask)
    reach = ceil(by)
    near = np.s_[max(0, y - reach) : y + h + reach, max(0, x - reach) : x + w + reach]  # not the whole of a large photo
    larger = np.zeros_like(mask)
    larger[near] = np.where(distance_to(np.ascontiguousarray(mask[near])) <= by, np.uint8(255), np.uint8(0))
    return larger


def distance_to(mask: Mask) -> npt.NDArray[np.float32]:
    """Return the distance in pixels of each pixel from the mask, float32 (H, W); 0 inside.

    (The time of a dilation by a disk would grow with the square of its radius.)
    """
    return np.asarray(cv2.distanceTransform(255 - mask, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)


def checked(mask: Mask) -> Mask:
    """Return the mask; raises PhotoError `empty_mask` or `full_mask` if it marks nothing or everything."""
    painted = cv2.countNonZero(mask)
    if painted == 0:
        detail = "Nothing of this photo is marked: paint what is to go in white, or move the boxes into the photo."
        raise PhotoError("empty_mask", detail)
    if painted == mask.size:
        detail = "All of this photo is marked and nothing would be left to fill it from: mark less, in white on black."
        raise PhotoError("full_mask", detail)
    return mask
