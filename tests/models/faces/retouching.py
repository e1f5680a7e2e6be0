"""Portraits retouched, and what is measured on them."""

from functools import cache

import numpy as np
from skimage import color

from models.eager.applier import EagerApplier
from models.faces.beauty import Beauty
from models.faces.detector import FaceDetector
from tests.models.faces.portraits import rgba
from tests.models.pictures import picture_of

Box = tuple[int, int, int, int]  # x0, y0, x1, y1


@cache
def detector() -> FaceDetector:
    """One for all tests."""
    return FaceDetector()


def retouched(rgb: np.ndarray, **sliders: float) -> np.ndarray:
    """`rgb`, uint8 (H, W, 3), with those sliders and all others at 0; the same where there is no face."""
    neutral = {"smoothing": 0.0, "whitening": 0.0, "sharpening": 0.0}
    pixels = rgba(rgb)
    patches = Beauty(**(neutral | sliders), detector=detector()).analyse(picture_of(pixels))
    EagerApplier("cpu").lay(pixels, patches or (), 7)
    return pixels[:, :, :3]


def lab(rgb: np.ndarray, box: Box, factor: int = 1) -> np.ndarray:
    """Mean CIELAB in a box that is given on the astronaut."""
    x0, y0, x1, y1 = (value * factor for value in box)
    return np.asarray(color.rgb2lab(rgb[y0:y1, x0:x1]).reshape(-1, 3).mean(axis=0))


def change(before: np.ndarray, after: np.ndarray, box: Box, factor: int = 1) -> float:
    """Mean absolute difference in a box, in codes."""
    x0, y0, x1, y1 = (value * factor for value in box)
    return float(np.abs(after[y0:y1, x0:x1].astype(int) - before[y0:y1, x0:x1]).mean())


def turn(before: np.ndarray, after: np.ndarray) -> float:
    """By how many degrees the hue of a Lab colour turned."""
    degrees = np.degrees(np.arctan2(after[2], after[1]) - np.arctan2(before[2], before[1]))
    return float((degrees + 180) % 360 - 180)
