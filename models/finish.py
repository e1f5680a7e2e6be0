"""The finish: the changes to every pixel of a photo, after its faces."""

from dataclasses import dataclass

from models.colour.table import Curves, Table
from models.hash import PositionHash
from models.texture import Band, Radial

PATTERN = 64  # rows after which the dither repeats; at half a code this is invisible


@dataclass(frozen=True, slots=True)
class Finish:
    """Steps in their order; None: skip the step.

    They work on r, g, b in float32, 0..255. At the end the dither is added, and the result is clipped to 0..255 and
    truncated. A table of depth 8 alone needs no rounding: its entries are the new colours.
    """

    table: Table | Curves | None = None  # each colour replaced by its entry
    vignette: Radial | None = None  # times 1 / (rows + columns)²
    grain: Band | None = None  # L (1020 - L) · noise added to each channel, L = r + 2 g + b

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return self.table is None and self.vignette is None and self.grain is None


def dither(width: int) -> PositionHash:
    """The dither of the first PATTERN rows, added before truncation."""
    # The same pattern for all photos, because it is not content.
    return PositionHash.of(0, PATTERN, 0, width, 0)
