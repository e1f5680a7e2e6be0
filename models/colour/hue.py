"""Hues in OKLab: looked up by angle, and turned."""

from collections.abc import Callable

import numpy as np

from models.colour.chroma import Planes
from models.colour.curves import Floats, Sampled, srgb_encode
from models.colour.oklab import from_oklab

_EDGE = 1e-3  # of linear light: closer to black or white the distance to the edge is unreliable


def angle(along: Floats, across: Floats) -> Floats:
    """-2..2, rises with the angle of a vector: its place on a square that stands on its corner.

    It takes no arc tangent, so it is the same on every CPU.
    """
    side = across / (np.abs(along) + np.abs(across) + 1e-30)
    return np.where(along >= 0, side, np.copysign(2, across) - side)


def by_angle(function: Callable[[Floats], Floats]) -> Sampled:
    """A function of degrees (-180..180) as one of `angle`."""

    def apply(at: Floats) -> Floats:
        size = np.abs(at)
        across = np.copysign(np.minimum(size, 2 - size), at)
        return function(np.degrees(np.arctan2(across, 1 - size)))

    return Sampled(apply, reach=2.0, root=False)


class HueTurn:
    """Turns each hue by an angle of its own.

    Pale colours keep their lightness. A vivid colour takes on the lightness of the new hue, in proportion to its
    vividness: pure orange becomes pure yellow and not ochre. Colours inside sRGB stay inside, if necessary with less
    chroma.
    """

    def __init__(self, radians: Callable[[Floats], Floats], lighter: Callable[[Floats], Floats]) -> None:
        """Functions of degrees: the angle of the turn, and the share by which vivid colours get lighter."""
        self._cosine = by_angle(lambda x: np.cos(radians(x)))
        self._sine = by_angle(lambda x: np.sin(radians(x)))
        self._lighter = by_angle(lighter)
        self._encode = Sampled(srgb_encode, reach=2.25, root=True)

    def __call__(self, planes: Planes, linear: Planes, lab: Planes, at: Floats) -> Planes:
        """Return encoded planes; takes the same colour in three forms, and its `angle`."""
        lightness, a, b = lab
        cosine, sine = self._cosine(at), self._sine(at)
        a, b = a * cosine - b * sine, a * sine + b * cosine
        grey = lightness * lightness * lightness
        before = _extent(linear, grey)
        vivid = _vivid(planes)
        more = vivid * vivid * self._lighter(at)
        # Lighter colours follow (1+m) x / (1 + m x^3), which is steep at black and ends at 1.
        lightness = lightness * (1 + more) / (1 + np.maximum(more, 0) * grey)
        grey = lightness * lightness * lightness
        fit = 1 / (1 + np.maximum(_extent(from_oklab((lightness, a, b)), grey) - before, 0))
        turned = from_oklab((lightness, a * fit, b * fit))
        # The path to grey is not straight in linear light; the error is corrected there.
        fit = 1 / (1 + np.maximum(_extent(turned, grey) - np.maximum(before, 1), 0))
        red, green, blue = (self._encode(grey + fit * (plane - grey)) for plane in turned)
        return red, green, blue


def _vivid(planes: Planes) -> Floats:
    """0..1: the saturation of HSV."""
    r, g, b = planes
    most, least = np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)
    return np.clip((most - least) / np.maximum(most, _EDGE), 0, 1)


def _extent(linear: Planes, grey: Floats) -> Floats:
    """Return how far a colour is from the grey of its lightness towards the edge of sRGB: 1 at the edge."""
    r, g, b = linear
    up = np.maximum(np.maximum(r, g), b) - grey
    down = grey - np.minimum(np.minimum(r, g), b)
    return np.maximum(up / np.maximum(1 - grey, _EDGE), down / np.maximum(grey, _EDGE))
