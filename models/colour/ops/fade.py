"""Fade: black lifted, as on old prints."""

from typing import TYPE_CHECKING

from models.colour.op import ColourOp, Stage
from models.slider import Slider

if TYPE_CHECKING:
    from models.colour.curves import ChannelFunction, Floats


def fade(amount: float) -> "ChannelFunction":
    """Lifts black to 0.18 * amount on encoded values, less and less towards white, which stays."""
    import numpy as np

    lift = 0.18 * amount

    def apply(x: "Floats") -> "Floats":
        return x + lift * (1 - np.clip(x, 0, 1)) ** 3

    return apply


OP = ColourOp(
    stage=Stage.END,
    order=70,
    settings=(Slider("fade", 0, 1, en="Fade", zh="褪色"),),
    make=fade,
)
