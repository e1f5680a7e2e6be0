"""Saturation and vibrance (models/colour/chroma.py)."""

from functools import partial
from typing import TYPE_CHECKING

from models.colour.op import ColourOp, Stage
from models.slider import Slider

if TYPE_CHECKING:
    from models.colour.chroma import PlanesFunction


def _make(saturation: float, vibrance: float) -> "PlanesFunction":
    from models.colour.chroma import saturate

    return partial(saturate, saturation=saturation, vibrance=vibrance)


OP = ColourOp(
    stage=Stage.COLOUR,
    order=40,
    settings=(
        Slider("saturation", -1, 1, en="Saturation", zh="饱和度"),
        Slider("vibrance", -1, 1, en="Vibrance", zh="自然饱和度"),
    ),
    make=_make,
)
