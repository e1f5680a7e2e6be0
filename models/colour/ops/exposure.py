"""Exposure: more light or less, in stops."""

import math
from typing import TYPE_CHECKING

from models.colour.op import ColourOp, Stage
from models.slider import Slider

if TYPE_CHECKING:
    from models.colour.curves import ChannelFunction, Floats


def exposure(stops: float) -> "ChannelFunction":
    """Linear gain 2^stops; a gain over 1 is exact up to 0.4 and rolls off from there: white stays white.

    The shoulder t / (1 + t (T-1)/T) leaves with slope 1 and reaches 1 where the gain would have reached T:
    nothing clips.
    """
    import numpy as np

    gain, knee = math.exp2(stops), 0.4

    def apply(x: "Floats") -> "Floats":
        y = x * gain
        if gain <= 1:
            return y
        reach = (gain - knee) / (1 - knee)
        t = np.maximum((y - knee) / (1 - knee), 0)
        return np.minimum(y, knee) + (1 - knee) * t / (1 + t * (reach - 1) / reach)

    return apply


OP = ColourOp(
    stage=Stage.LIGHT,
    order=10,
    settings=(Slider("exposure", -3, 3, step=0.05, en="Exposure", zh="曝光"),),
    make=exposure,
)
