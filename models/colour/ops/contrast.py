"""Contrast: an S-curve about mid grey."""

import math
from typing import TYPE_CHECKING

from models.colour.op import ColourOp, Stage
from models.slider import Slider

if TYPE_CHECKING:
    from models.colour.curves import ChannelFunction, Floats

MID_GREY = 0.4613561295004092  # 18 % reflectance, sRGB-encoded


def contrast(amount: float) -> "ChannelFunction":
    """S-curve through 0, mid grey and 1 on encoded values.

    Its slope is 2^amount in the middle and the inverse of that at the ends, where it goes on straight.
    """
    import numpy as np

    slope = math.exp2(amount)

    def half(u: "Floats") -> "Floats":  # Schlick's bias (Graphics Gems IV), 0..1 to 0..1, straight below 0
        inside = np.maximum(u, 0)
        return inside / (inside + (1 - inside) * slope) + np.minimum(u, 0) / slope

    def apply(x: "Floats") -> "Floats":
        dark = MID_GREY * half(np.minimum(x, MID_GREY) / MID_GREY)
        light = (1 - MID_GREY) * half((1 - np.maximum(x, MID_GREY)) / (1 - MID_GREY))
        return np.asarray(np.where(x < MID_GREY, dark, 1 - light))

    return apply


OP = ColourOp(
    stage=Stage.TONE,
    order=20,
    settings=(Slider("contrast", -1, 1, en="Contrast", zh="对比度"),),
    make=contrast,
)
