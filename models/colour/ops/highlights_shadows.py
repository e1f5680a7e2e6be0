"""Highlights and shadows: luma bent at one end (models/colour/tone.py)."""

from functools import partial
from typing import TYPE_CHECKING

from models.colour.op import ColourOp, Stage
from models.slider import Slider

if TYPE_CHECKING:
    from models.colour.chroma import PlanesFunction


def _make(highlights: float, shadows: float) -> "PlanesFunction":
    from models.colour.tone import relight

    return partial(relight, highlights=highlights, shadows=shadows)


OP = ColourOp(
    stage=Stage.COLOUR,
    order=30,
    settings=(
        Slider("highlights", -1, 1, en="Highlights", zh="高光"),
        Slider("shadows", -1, 1, en="Shadows", zh="阴影"),
    ),
    make=_make,
)
