"""Hue, saturation and luminance by bands of hue (models/colour/hsl.py)."""

from typing import TYPE_CHECKING

from models.colour.op import ColourOp, Stage
from models.slider import Setting

if TYPE_CHECKING:
    from models.colour.chroma import PlanesFunction
    from models.colour.hsl import Bands


def _make(bands: "Bands") -> "PlanesFunction":
    from models.colour.hsl import HueBands

    return HueBands(bands)


OP = ColourOp(stage=Stage.COLOUR, order=60, settings=(Setting("hsl", neutral=()),), make=_make)
