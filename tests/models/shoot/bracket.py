"""Photos of one scene under known light."""

import numpy as np
import simplejpeg

from models.codec.header import Limits
from models.colour.balance import gains
from models.colour.curves import srgb_decode, srgb_encode
from models.shoot import Light, analyse


def under(rgb, exposure=0.0, temperature=0.0, tint=0.0):
    """The scene as a camera with that much more light, and that white balance, would have it; white clips."""
    linear = srgb_decode(rgb / 255.0) * 2**exposure * gains(temperature, tint)
    return np.rint(255 * srgb_encode(np.clip(linear, 0, 1))).astype(np.uint8)


def framed(rgb, top, left, part=0.85):
    """A part of the scene; top and left are 0..1."""
    height, width = (round(part * side) for side in rgb.shape[:2])
    y, x = round(top * (rgb.shape[0] - height)), round(left * (rgb.shape[1] - width))
    return rgb[y : y + height, x : x + width]


def light_of(rgb) -> Light:
    return analyse(simplejpeg.encode_jpeg(np.ascontiguousarray(rgb), 90), Limits())
