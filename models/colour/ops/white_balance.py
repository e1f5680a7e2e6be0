"""White balance (models/colour/balance.py)."""

from typing import TYPE_CHECKING

from models.colour.op import ColourOp, Stage
from models.slider import Slider

if TYPE_CHECKING:
    from models.colour.curves import Floats


def _make(temperature: float, tint: float) -> "Floats":
    from models.colour.balance import gains

    return gains(temperature, tint)


OP = ColourOp(
    stage=Stage.BALANCE,
    order=50,
    settings=(
        Slider("temperature", -1, 1, en="Temperature", zh="色温"),
        Slider("tint", -1, 1, en="Tint", zh="色调"),
    ),
    make=_make,
)
