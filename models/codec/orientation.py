"""Turns pixels upright."""

from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from models.codec.workspace import Workspace
from models.picture import Pixels

Code = TypeVar("Code", bound=np.generic)

_ROWS, _COLUMNS = 256, 256  # in the second-level cache of a core


def upright(pixels: Pixels, orientation: int, workspace: Workspace) -> Pixels:
    """Apply an EXIF orientation 1..8 to (H, W, 4); the result replaces the original in its workspace."""
    if orientation == 1:
        return pixels
    height, width = pixels.shape[:2]
    if orientation >= 5:
        height, width = width, height
    target = workspace.renew(height, width)
    match orientation:
        case 2:
            cv2.flip(pixels, 1, dst=target)
        case 3:
            cv2.rotate(pixels, cv2.ROTATE_180, dst=target)
        case 4:
            cv2.flip(pixels, 0, dst=target)
        case 5:
            cv2.transpose(pixels, dst=target)
        case 6:
            _quarter_turn(pixels, cv2.ROTATE_90_CLOCKWISE, target)
        case 7:
            cv2.transpose(np.asarray(cv2.rotate(pixels, cv2.ROTATE_180), np.uint8), dst=target)
        case 8:
            _quarter_turn(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE, target)
    return target


def turned(samples: npt.NDArray[Code], orientation: int) -> npt.NDArray[Code]:
    """Apply an EXIF orientation 1..8 to samples (h, w, n) of any type."""
    if orientation >= 5:
        samples = samples.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    return np.ascontiguousarray(samples)


def _quarter_turn(pixels: Pixels, code: int, target: Pixels) -> None:
    """Rotate block by block: cv2.rotate makes a second pass over its result, which is faster in cache."""
    height, width = pixels.shape[:2]
    clockwise = code == cv2.ROTATE_90_CLOCKWISE
    for y in range(0, height, _ROWS):
        for x in range(0, width, _COLUMNS):
            block = pixels[y : y + _ROWS, x : x + _COLUMNS]
            left = height - y - block.shape[0] if clockwise else y
            top = x if clockwise else width - x - block.shape[1]
            cv2.rotate(block, code, dst=target[top : top + block.shape[1], left : left + block.shape[0]])
