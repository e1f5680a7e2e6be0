"""Converts arrays of other libraries, of any depth and order of channels, to four bytes a pixel."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.codec.workspace import Workspace
from models.picture import Pixels

Array = npt.NDArray[Any]  # (H, W) or (H, W, 1..4), uint8 or uint16

_ROWS = 64  # of a strip, so that it stays in cache
_CODES = {1: cv2.COLOR_GRAY2RGBA, 3: cv2.COLOR_RGB2RGBA}
_CODES_BGR = {1: cv2.COLOR_GRAY2RGBA, 3: cv2.COLOR_BGR2RGBA, 4: cv2.COLOR_BGRA2RGBA}


def eight_bit(
    array: Array, bits: int, workspace: Workspace, *, bgr: bool = False, premultiplied: bool = False
) -> Pixels:
    """Copy grey, RGB or RGBA of `bits` a channel into the workspace, rounded to 8; alpha is 255 if there is none.

    `bgr`: blue comes first; `premultiplied`: colours are multiplied by their alpha.
    """
    height, width = array.shape[:2]
    channels = 1 if array.ndim == 2 else array.shape[2]
    code = (_CODES_BGR if bgr else _CODES).get(channels)
    target = workspace.take(height, width)
    for top in range(0, height, _ROWS):
        strip: Array = np.ascontiguousarray(array[top : top + _ROWS])
        if premultiplied:
            strip = _straight(strip, 2**bits - 1)
        if bits > 8:
            strip = np.asarray(cv2.convertScaleAbs(strip, alpha=255 / (2**bits - 1))).reshape(strip.shape)
        if code is None:
            target[top : top + _ROWS] = strip
        else:
            cv2.cvtColor(strip, code, dst=target[top : top + _ROWS])
    return target


def _straight(strip: Array, most: int) -> Array:
    """Divide the colours of (H, W, 4) by their alpha."""
    alpha = np.maximum(strip[..., 3:], 1).astype(np.float32)
    colours = np.minimum(np.rint(strip[..., :3] * (most / alpha)), most)
    return np.concatenate([colours.astype(strip.dtype), strip[..., 3:]], axis=-1)
