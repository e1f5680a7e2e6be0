"""Adds noise to smooth fills, which would be visible in a grainy photo."""

from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from models.erase.region import Mask
from models.hash import PositionHash
from models.picture import Pixels

Float = npt.NDArray[np.float32]

_BLOCK = 32  # pixels; size of the plain block that gives the photo's noise
_COARSE = 3.0  # σ in pixels of the blur that separates noise from content
_ALIKE = 40.0  # codes of luma; much lighter or darker parts have different noise
_UNIFORM = 12.0  # variance of our white noise, inverted


def with_noise_of(photo: Pixels, marked: Mask, filled: Pixels, place: tuple[int, int], seed: int) -> Pixels:
    """Return `filled`, uint8 (h, w, 3), with noise under `marked` like in plain parts of `photo`, all of one size.

    White noise by position (`place` is the corner, x and y) gets the spectrum of the photo's noise in the plainest
    block near by; all channels get the same. Without such a block nothing changes.
    """
    kernel = _kernel(photo, marked, filled)
    if kernel is None:
        return filled
    height, width = marked.shape
    white = PositionHash.of(place[1], height, place[0], width, seed).noise() - np.float32(0.5)
    noise = cv2.filter2D(white, cv2.CV_32F, kernel * np.float32(np.sqrt(_UNIFORM)), borderType=cv2.BORDER_REFLECT)
    noisy = np.clip(np.rint(filled + np.asarray(noise, np.float32)[:, :, None]), 0, 255).astype(np.uint8)
    return np.where(marked[:, :, None] > 0, noisy, filled)


def _kernel(photo: Pixels, marked: Mask, filled: Pixels) -> Float | None:
    """Return the kernel that turns white noise of variance 1 into the photo's luma noise, float32 (32, 32)."""
    luma = np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), np.float32)
    fine = luma - np.asarray(cv2.GaussianBlur(luma, (0, 0), _COARSE), np.float32)
    wanted = float(cv2.cvtColor(filled, cv2.COLOR_RGB2GRAY)[marked > 0].mean())
    corners = product(range(0, luma.shape[0] - _BLOCK + 1, _BLOCK), range(0, luma.shape[1] - _BLOCK + 1, _BLOCK))
    blocks = [np.s_[y : y + _BLOCK, x : x + _BLOCK] for y, x in corners]
    calm = [fine[block] for block in blocks if not marked[block].any() and abs(luma[block].mean() - wanted) < _ALIKE]
    if not calm:
        return None
    calmest = min(calm, key=lambda block: float(block.std()))
    spectrum = np.abs(np.fft.rfft2(calmest)) / _BLOCK
    return np.fft.fftshift(np.fft.irfft2(spectrum, (_BLOCK, _BLOCK))).astype(np.float32)
