"""Inpainters, which fill holes."""

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from models.erase.holes import NATIVE
from models.erase.region import Mask
from models.picture import Pixels

PATCHES = "patches"  # name of the inpainter of models/compiled/patches

_RADIUS = 3.0  # pixels; the neighbourhood that Telea's method uses for each pixel
_SOFTEST = 32  # pixels, σ


class Inpainter(Protocol):
    """Fills holes."""

    name: str  # for the record of what the bytes depend on
    smooth: bool  # its fills have no noise
    native: int  # pixels; larger squares are reduced before it sees them

    def fill(self, crops: Sequence[Pixels], masks: Sequence[Mask]) -> list[Pixels]:
        """Return the crops, uint8 (h, w, 3), of any sizes, with the parts under their masks (h, w) filled.

        Raises PhotoError `out_of_memory`, models.errors.DeviceLostError.
        """
        ...


class Telea:
    """The fast marching method of Telea ("An Image Inpainting Technique Based on the Fast Marching Method", 2004).

    Part of OpenCV; good for wires, spots and scratches. A large hole becomes a smooth gradient: the facets that the
    method produces are blurred, more with greater distance from the hole's edge.
    """

    name = "telea"
    smooth = True
    native = NATIVE

    def fill(self, crops: Sequence[Pixels], masks: Sequence[Mask]) -> list[Pixels]:
        """As Inpainter has it."""
        return [self._fill(crop, mask) for crop, mask in zip(crops, masks, strict=True)]

    def _fill(self, crop: Pixels, mask: Mask) -> Pixels:
        if len(mask) == 1:  # OpenCV reads beyond a single row, and fills it differently each time
            return self._fill(np.repeat(crop, 7, axis=0), np.repeat(mask, 7, axis=0))[3:4].copy()
        filled = np.asarray(cv2.inpaint(crop, mask, _RADIUS, cv2.INPAINT_TELEA), np.uint8)
        depth = np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
        sigma = 1
        while sigma <= _SOFTEST and 2 * sigma < depth.max():
            soft = np.asarray(cv2.GaussianBlur(filled, (0, 0), sigma), np.float32)
            share = np.clip(depth / np.float32(2 * sigma) - 1, 0, 1)[:, :, None]
            filled = np.rint(filled + share * (soft - filled)).astype(np.uint8)
            sigma *= 2
        return filled
