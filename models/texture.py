"""Vignette and grain: changes that depend on a pixel's position."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from models.hash import PositionHash

Float = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

BAND = 128  # approximate rows of computed grain: a whole number of grains
SHIFTS = 1024  # number of columns at which a band may begin


@dataclass(frozen=True, slots=True)
class Radial:
    """1 + k r² = rows + columns, r the distance to the centre over half the diagonal."""

    rows: Float  # (H,)
    columns: Float  # (W,)


class Vignette:
    """Darkens towards the corners like cos⁴ of the field angle: by 1 / (1 + k r²)², on encoded values."""

    def __init__(self, amount: float) -> None:
        self._k = 0.7 * amount  # at amount 1 a corner keeps a third of its code value

    def analyse(self, height: int, width: int) -> Radial:
        """Depends only on the size of a picture, not on the scale."""
        squared = self._k / (height**2 + width**2)
        rows = 1 + squared * (2 * np.arange(height) + 1 - height) ** 2.0
        columns = squared * (2 * np.arange(width) + 1 - width) ** 2.0
        return Radial(rows.astype(np.float32), columns.astype(np.float32))


@dataclass(frozen=True)
class Band:
    """Rows of noise, `SHIFTS` columns wider than the picture.

    Band n covers the rows from n · len(rows) on and begins at column shifts[n] of `rows`. Its last `len(lead)` rows are
    between its last row of grains and the first row of the next band, which contributes to them: `lead`, from column
    shifts[n + 1] on, is added to them.
    """

    rows: Float  # (about BAND, W + SHIFTS)
    lead: Float  # (rows of one grain, W + SHIFTS)

    @cached_property
    def transposed(self) -> tuple[Float, Float]:
        """`rows` and `lead` with their columns as rows."""
        return np.ascontiguousarray(self.rows.T), np.ascontiguousarray(self.lead.T)

    def shifts(self, height: int, seed: int) -> npt.NDArray[np.uint32]:
        """Return the start columns of the bands over `height` rows, and of the next one, from position and seed."""
        bands = -(-height // len(self.rows)) + 1
        return (PositionHash.of(0, bands, 0, 1, seed).noise()[:, 0] * SHIFTS).astype(np.uint32)


class Grain:
    """Luminance noise of one grain every long_side / 2000 pixels (at least one), strongest in the mid-tones.

    Value noise: a hash of lattice positions, interpolated bilinearly with weights scaled for constant variance; plain
    weights would show the lattice. Computing it for every pixel would cost more than everything else. So one band of
    rows is computed for each size and reused, each time from another column; the repetition is invisible in noise.
    Bands overlap, so that there are no visible seams.
    """

    _CODES = 64.0  # from the darkest to the brightest grain of mid-grey, at amount 1

    def __init__(self, amount: float) -> None:
        # The noise is weighted by L (1020 - L), L = r + 2 g + b; that is 510² in the middle.
        self._amplitude = amount * self._CODES / 510**2

    def analyse(self, height: int, width: int) -> Band:
        """Depends only on the size of a picture."""
        return _band(width, max(1.0, max(height, width) / 2000), self._amplitude)


@lru_cache(maxsize=8)
def _band(width: int, size: float, amplitude: float) -> Band:
    """Return noise of grains of `size` pixels, -amplitude / 2 to amplitude / 2 before its variance is equalised."""
    grains = round(BAND / size)
    row, upper, lower = _between(round(grains * size), size)
    column, left, right = _between(width + SHIFTS, size)
    values = (PositionHash.of(0, grains, 0, int(column[-1]) + 2, 0).noise() - np.float32(0.5)) * amplitude
    wide = values[:, column] * left + values[:, column + 1] * right
    tail = int(np.searchsorted(row, grains - 1))
    inside = wide[row[:tail]] * upper[:tail, None] + wide[row[:tail] + 1] * lower[:tail, None]
    rows = np.concatenate([inside, wide[-1] * upper[tail:, None]])
    return Band(rows.astype(np.float32), (wide[0] * lower[tail:, None]).astype(np.float32))


@lru_cache(maxsize=16)
def _between(pixels: int, size: float) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Return for each pixel the grain before it, and the weights of that and the next, whose squares sum to 1."""
    at = np.arange(pixels) / size
    before = np.floor(at).astype(np.int64)
    after = at - before
    norm = np.hypot(1 - after, after)
    return before, (1 - after) / norm, after / norm
