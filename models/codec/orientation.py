"""Pixels turned upright."""

import cv2
import numpy as np

from models.codec.workspace import Workspace
from models.picture import Pixels


def upright(pixels: Pixels, orientation: int, workspace: Workspace) -> Pixels:
    """Apply an EXIF orientation 1..8 to (H, W, 4); the result lies in the workspace's second buffer."""
    if orientation == 1:
        return pixels
    height, width = pixels.shape[:2]
    if orientation >= 5:
        height, width = width, height
    target = workspace.take(height, width, slot=1)
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
            cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE, dst=target)
        case 7:
            cv2.transpose(np.asarray(cv2.rotate(pixels, cv2.ROTATE_180), np.uint8), dst=target)
        case 8:
            cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE, dst=target)
    return target
