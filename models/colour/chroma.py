"""Planes of all three channels; saturation and vibrance."""

import math
from collections.abc import Callable

import numpy as np

from models.colour.curves import Floats

Planes = tuple[Floats, Floats, Floats]  # r, g, b; any shapes that broadcast together
PlanesFunction = Callable[[Planes], Planes]

_TINY = 1e-12
_EDGE = 1 / 255  # one code: colours off the edge of the gamut do not round to it
_SKIN = math.radians(
    22
)  # the hue of skin, light and dark alike; protected fully within 12 degrees, not at all beyond 45
_NEAR, _FAR = math.cos(math.radians(12)), math.cos(math.radians(45))


def luma(r: Floats, g: Floats, b: Floats) -> Floats:
    """Rec. 709 weights on encoded values."""
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def mixed(matrix: Floats, planes: Planes) -> Planes:
    """Matrix (3, 3) times planes, written out: BLAS would sum in another order for another shape."""
    r, g, b = (m[0] * planes[0] + m[1] * planes[1] + m[2] * planes[2] for m in matrix)
    return r, g, b


def saturate(planes: Planes, saturation: float, vibrance: float) -> Planes:
    """Move encoded colours away from (or towards) their luma.

    `saturation` -1 is grey, +1 doubles. `vibrance` acts most on pale colours, and least on skin. The effect fades as
    a colour approaches the edge of sRGB and is zero at the edge. So saturating never clips, and never shifts a hue.
    """
    factor: Floats | float = 1 + saturation
    if vibrance:
        r, g, b = planes
        pale = np.clip(1 - (np.maximum(np.maximum(r, g), b) - np.minimum(np.minimum(r, g), b)), 0, 1)
        factor = factor * (1 + vibrance * (pale * pale if vibrance > 0 else pale) * (1 - 0.7 * _skin(r, g, b)))
    return stretch(planes, factor, hold_back=saturation > 0 or vibrance > 0)


def stretch(planes: Planes, factor: Floats | float, hold_back: bool = False) -> Planes:
    """Return encoded colours at `factor` times their distance from their luma; `hold_back`: see `saturate`."""
    r, g, b = planes
    y = luma(r, g, b)
    if hold_back:
        up, down = np.maximum(np.maximum(r, g), b) - y, y - np.minimum(np.minimum(r, g), b)
        room = np.minimum((1 - _EDGE - y) / (up + _TINY), (y - _EDGE) / (down + _TINY))
        factor = _held_back(factor, np.maximum(room - 1, 0))
    return y + factor * (r - y), y + factor * (g - y), y + factor * (b - y)


def _held_back(factor: Floats | float, room: Floats) -> Floats:
    """Return the factor, with its excess over 1 limited smoothly to `room`."""
    more = np.maximum(factor - 1, 0)
    bent = more * room / (np.sqrt(more * more + room * room) + _TINY)
    return np.minimum(factor, 1) + bent


def _skin(r: Floats, g: Floats, b: Floats) -> Floats:
    """0..1: how near a hue is to skin's. Works on the cosine of the hue angle, so it needs no arc tangent."""
    along = r - 0.5 * (g + b)
    across = (math.sqrt(3) / 2) * (g - b)
    cosine = (along * math.cos(_SKIN) + across * math.sin(_SKIN)) / (np.sqrt(along * along + across * across) + _TINY)
    t = np.clip((cosine - _FAR) / (_NEAR - _FAR), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
