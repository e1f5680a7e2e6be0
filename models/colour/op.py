"""What a file in models/colour/ops/ declares: a colour op."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from models.slider import Setting


class Stage(Enum):
    """Where in a grade an op acts. A colour passes through the stages in this order."""

    BALANCE = auto()  # white balance: gains (3,) of linear sRGB
    LIGHT = auto()  # a ChannelFunction of linear sRGB values
    TONE = auto()  # a ChannelFunction of encoded values
    COLOUR = auto()  # a PlanesFunction of encoded values: a channel of the result may depend on all three
    END = auto()  # a ChannelFunction of encoded values; the curves of the preset come before it, its LUT after it


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourOp:
    """A function of one colour, and the settings that it has.

    `make` takes the values of `settings`, in that order, and returns what the comment at its stage says. It is called
    once for a grade, and not at all where every value is neutral. `order` is the place of the op among those of its
    stage; the page lists the sliders of all colour ops by it.
    """

    stage: Stage
    order: int
    settings: tuple[Setting, ...]
    make: Callable[..., Any]
