"""The colours of a PNG that has neither profile nor code points, but gAMA and cHRM."""

import struct
from functools import lru_cache

import numpy as np

from models.codec.container.png_chunks import Described
from models.codec.eight_bit import Array
from models.colour.curves import srgb_encode
from models.colour.icc_writer import D65, SRGB, power_curve, rgb_profile, srgb_curve

_LIKE_SRGB = range(45_000, 46_001)  # gammas that programs write for sRGB's curve
_NEAR = 0.0011  # by which the corners of sRGB are rounded in files


def described_profile(colours: Array, described: Described | None) -> bytes | None:
    """Return the profile of colours (H, W, 3) or grey (H, W), uint8 or uint16; None if it is sRGB.

    The profile has a curve like that of sRGB, and colours with another one are changed to it in place. This happens at
    the depth of the file: eight bits of linear light would show bands in the shadows.
    """
    if described is None:
        return None
    if described.gamma and described.gamma not in _LIKE_SRGB:
        _curve_like_srgb(colours, described.gamma)
    return _profile(described)


def _curve_like_srgb(colours: Array, gamma: int) -> None:
    most = np.iinfo(colours.dtype).max
    light = np.linspace(0, 1, most + 1) ** (100_000 / gamma)
    table = np.rint(srgb_encode(light) * most).astype(colours.dtype)
    for row in colours:
        row[:] = table[row]


@lru_cache(maxsize=16)
def _profile(described: Described) -> bytes | None:
    x_y = [number / 100_000 for number in described.corners]
    if len(x_y) != 8 or not all(0 < number < 1 for number in x_y):
        return None
    white, *corners = zip(x_y[::2], x_y[1::2], strict=True)
    if not all(0.2 < number < 0.5 for number in white):  # from candle light to blue sky
        return None
    known = [*D65, *(number for corner in SRGB for number in corner)]
    if max(abs(a - b) for a, b in zip(x_y, known, strict=True)) < _NEAR:
        return None
    curve = power_curve(100_000 / described.gamma) if described.gamma in _LIKE_SRGB else srgb_curve()
    try:
        return rgb_profile(tuple(corners), curve, white=white)
    except (np.linalg.LinAlgError, struct.error):
        return None
