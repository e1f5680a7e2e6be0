"""What happens to every pixel of a photo once its faces are done."""

from dataclasses import dataclass

from models.colour.table import Curves, Table
from models.hash import PositionHash
from models.texture import Band, Radial

PATTERN = 64  # rows after which the dither repeats; nobody sees that in half a code


@dataclass(frozen=True, slots=True)
class Finish:
    """Steps in the order in which they are taken; None: not this one.

    They work on r, g, b in float32, 0..255. At the end the dither is added, and what is below 0, above 255 or after
    the point is cut off. A table of depth 8 alone needs no rounding: its entries are the new colours.
    """

    table: Table | Curves | None = None  # each colour replaced by its entry
    vignette: Radial | None = None  # divided by (rows + columns)²
    grain: Band | None = None  # L (1020 - L) · noise added to each channel, L = r + 2 g + b

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return self.table is None and self.vignette is None and self.grain is None


def dither(width: int) -> PositionHash:
    """What is added before rounding down, of the first PATTERN rows."""
    # One pattern for all photos: it is not content, and a photo cut from another keeps its own.
    return PositionHash.of(0, PATTERN, 0, width, 0)
