"""Erase in a gain map: what was bright in a hole leaves no glow on an HDR screen."""

import cv2
import numpy as np
import numpy.typing as npt

from models.erase.region import Mask
from models.gain_map import GainMap

Floats = npt.NDArray[np.float32]


def filled(gain_map: GainMap, mask: Mask) -> GainMap:
    """Return the map with what `mask` (H, W) marks in the picture filled from around it."""
    height, width = gain_map.samples.shape[:2]
    share = np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    hole = np.asarray(cv2.dilate(share, np.ones((3, 3), np.uint8)), np.uint8) > 0
    if not hole.any() or hole.all():
        return gain_map
    fill = _filled(gain_map.samples.astype(np.float32), (~hole).astype(np.float32))
    return gain_map.changed(np.where(hole[:, :, None], np.rint(fill), gain_map.samples).astype(np.uint8))


def _filled(samples: Floats, known: Floats) -> Floats:
    """Return samples (h, w, n) with smooth values where `known` (h, w), 0..1, is 0.

    Each comes from the finest of ever smaller pictures in which it is known (pull and push: Gortler et al., "The
    Lumigraph", 1996). Other methods go on with the gradient at the edge, and a glow there would grow.
    """
    height, width = known.shape
    if known.all() or max(height, width) == 1:
        return samples
    size = (-(-width // 2), -(-height // 2))
    share = np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA), np.float32)
    weighed = np.asarray(cv2.resize(samples * known[:, :, None], size, interpolation=cv2.INTER_AREA), np.float32)
    small = np.asarray(weighed.reshape(*share.shape, -1) / np.maximum(share, np.float32(1e-6))[:, :, None], np.float32)
    coarse = cv2.resize(
        _filled(small, (share > 0).astype(np.float32)),
        (width, height),
        interpolation=cv2.INTER_LINEAR,
    )
    part = known[:, :, None]
    return np.asarray(samples * part + np.asarray(coarse).reshape(samples.shape) * (1 - part), np.float32)
