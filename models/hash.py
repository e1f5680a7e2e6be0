"""A number for every position of a picture: the source of dither and grain."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]

_SECOND = np.uint32(0x5BD1E995)  # sets the second hash of a row apart from the first


@dataclass(frozen=True, slots=True)
class PositionHash:
    """Uniform noise that belongs to positions, not to the order in which they are visited.

    The noise of a position is the upper 16 bits of (flip of the row ^ word of the column) · factor of the row modulo
    2³², read as a signed number of 2⁻¹⁶ths, plus ½. So it is in [0, 1), a multiple of 2⁻¹⁶, and the same for any cut
    into strips. Multiples of 2⁻¹⁶ because an integer up to 255 plus one of them is exact in float32: `floor(v + hash)`
    rounds v at random without bias and leaves integers alone.
    """

    flips: Words  # (rows,)
    factors: Words  # (rows,), odd
    places: Words  # (columns,)

    @staticmethod
    def of(y0: int, h: int, x0: int, w: int, seed: int) -> "PositionHash":
        """Of rows y0..y0+h and columns x0..x0+w, none negative."""
        # Rows and columns are mixed well on their own. Then each row has its own member of a universal family
        # (Dietzfelbinger et al., "A Reliable Randomized Algorithm for the Closest-Pair Problem", 1997:
        # multiply-shift): exclusive or, an odd factor, the upper bits.
        folded = np.uint32((seed ^ (seed >> 32) ^ (seed >> 64)) & 0xFFFFFFFF)
        rows = np.arange(y0, y0 + h, dtype=np.uint32) ^ _mixed(np.asarray([folded]))
        columns = np.arange(x0, x0 + w, dtype=np.uint32)
        return PositionHash(_mixed(rows), _mixed(rows ^ _SECOND) | np.uint32(1), _mixed(columns))

    def noise(self) -> npt.NDArray[np.float32]:
        """The noise, float32 (rows, columns)."""
        words = (self.flips[:, None] ^ self.places) * self.factors[:, None] & np.uint32(0xFFFF0000)
        return words.view(np.int32).astype(np.float32) * np.float32(2.0**-32) + np.float32(0.5)


def _mixed(numbers: Words) -> Words:
    """uint32 that look unrelated to each other: lowbias32 of Wellons' hash-prospector."""
    numbers = (numbers ^ (numbers >> np.uint32(16))) * np.uint32(0x7FEB352D)
    numbers = (numbers ^ (numbers >> np.uint32(15))) * np.uint32(0x846CA68B)
    return numbers ^ (numbers >> np.uint32(16))
