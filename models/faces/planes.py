"""Arithmetic on planes of cells: blurs, edge-preserving smoothing, and CIELAB colours."""

import cv2
import numpy as np
import numpy.typing as npt

from models.faces.faces import Float

_WIDE = 3.0  # cells; σ of the narrowest blur that is computed on larger cells


def brightest(rgb: Float) -> Float:
    """The largest channel of each cell; `rgb.max(axis=2)` takes thirty times as long."""
    return np.maximum(np.maximum(rgb[:, :, 0], rgb[:, :, 1]), rgb[:, :, 2])


def spread(plane: Float, mask: Float, sigma: float) -> Float:
    """A Gaussian blur of skin only: hair and lips do not bleed in (normalized convolution)."""
    weight = mask + np.float32(1e-4)  # without any skin the result is the plain blur, which is not used
    below = gauss(weight, sigma)
    if plane.ndim == 3:
        weight, below = weight[:, :, None], below[:, :, None]
    return np.asarray(gauss(plane * weight, sigma) / below, np.float32)


def gauss(plane: Float, sigma: float) -> Float:
    """A Gaussian blur of `sigma` cells; the edge is repeated.

    A wide one is computed on larger cells, of which as much remains as the blur lets through: a tenth of the time.
    """
    step = 1
    while sigma >= 2 * step * _WIDE:
        step *= 2
    if step == 1:
        return _gauss(plane, sigma)
    height, width = plane.shape[:2]
    below, right = -height % step, -width % step
    whole = cv2.copyMakeBorder(plane, 0, below, 0, right, cv2.BORDER_REPLICATE)
    small = cv2.resize(whole, (whole.shape[1] // step, whole.shape[0] // step), interpolation=cv2.INTER_AREA)
    # Means of cells and the interpolation between them blur too: variances of 1/12 and 1/6 cells.
    small = _gauss(small, ((sigma / step) ** 2 - 1 / 4) ** 0.5)
    large = cv2.resize(small, (whole.shape[1], whole.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large[:height, :width], np.float32)


def _gauss(plane: cv2.typing.MatLike, sigma: float) -> Float:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def box(plane: Float, radius: int) -> Float:
    """The mean of a square of 2·radius + 1 cells."""
    window = (2 * radius + 1, 2 * radius + 1)
    return np.asarray(cv2.blur(plane, window, borderType=cv2.BORDER_REPLICATE), np.float32)


def guided(luma: Float, radius: int, sigma: float) -> tuple[Float, Float]:
    """Return slope and level of the edge-preserving blur slope·luma + level, float32 (h, w) each.

    The guided filter of He and Sun ("Fast Guided Filter", 2015), guided by itself, with var²/(var² + σ⁴)
    instead of var/(var + ε): it passes from texture to edge within a narrower band of contrast.
    """
    offset = np.float32(luma.mean())  # around 0 the squares lose no precision
    centred = np.asarray(luma - offset, np.float32)
    mean = box(centred, radius)
    variance = np.maximum(box(centred * centred, radius) - mean * mean, np.float32(0))
    squared = variance * variance
    slope = np.asarray(squared / (squared + np.float32(sigma**4)), np.float32)
    level = np.asarray((1 - slope) * (mean + offset), np.float32)
    return box(slope, radius), box(level, radius)


def lab_of(rgb: Float) -> Float:
    """CIELAB of gamma-coded RGB, 0..255, treated as sRGB: accurate enough for lightening, whatever the profile."""
    return np.asarray(cv2.cvtColor(rgb * np.float32(1 / 255), cv2.COLOR_RGB2Lab), np.float32)


def rgb_of(lab: Float) -> Float:
    """The inverse of `lab_of`."""
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), np.float32) * np.float32(255)


def around(mask: npt.NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    """Return rows and columns of the cells of a non-empty `mask`, with a `margin` on each side."""
    busy = [np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0)]
    rows, columns = (slice(max(0, int(at[0]) - margin), int(at[-1]) + 1 + margin) for at in busy)
    return rows, columns
