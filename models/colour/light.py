"""The light of pictures: linear sRGB and luminance of pixels in any RGB space."""

from typing import Any

import numpy as np
import numpy.typing as npt

from models.colour.balance import LUMINANCE
from models.colour.curves import Floats, srgb_decode
from models.colour.icc import RgbProfile

_OPAQUE = 128  # alpha


def visible(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Return the colours (N, 3) of the pixels (H, W, 4) that are not clear; of all if all are."""
    colours, shown = pixels[..., :3].reshape(-1, 3), pixels[..., 3].ravel() >= _OPAQUE
    return colours[shown] if shown.any() else colours


def linear_srgb(colours: npt.NDArray[np.uint8], profile: RgbProfile | None) -> Floats:
    """Return linear sRGB (N, 3) of 8-bit colours (N, 3) in an RGB space (None: sRGB); not clipped."""
    if profile is None or profile.is_srgb:
        return np.asarray(srgb_decode(np.arange(256) / 255)[colours], np.float64)
    own = np.stack([profile.decode(c)[colours[:, c]] for c in range(3)], axis=1)
    return np.asarray(own @ profile.to_srgb.T, np.float64)


def luminance(linear: Floats) -> Floats:
    """Return the luminance (N,), 0..1, of linear sRGB (N, 3)."""
    return np.asarray(np.clip(linear @ LUMINANCE, 0, 1), np.float64)
