"""Vignette and grain: ops of a pixel's position, on float planes."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from models.hash import position_hash
from models.picture import Picture
from models.strips import Strip

Floats = npt.NDArray[np.float64]

BAND = 128  # rows of grain that are computed, about: a whole number of grains
SHIFTS = 1024  # columns that a band may begin at


@dataclass(frozen=True, slots=True)
class Radial:
    """1 + k r² = rows + columns, r the distance to the centre over half the diagonal."""

    rows: torch.Tensor  # float32 (H, 1)
    columns: torch.Tensor  # float32 (W,)


class Vignette:
    """Darkens towards the corners as cos⁴ of the field angle does: by 1 / (1 + k r²)², on encoded values."""

    def __init__(self, amount: float, device: torch.device) -> None:
        self._k = 0.7 * amount  # at amount 1 a corner keeps a third of its code value
        self._device = device

    def analyse(self, picture: Picture) -> Radial:
        """Depends on the size alone, not on the scale."""
        height, width = picture.pixels.shape[:2]
        squared = self._k / (height**2 + width**2)
        rows = 1 + squared * (2 * np.arange(height) + 1 - height) ** 2.0
        columns = squared * (2 * np.arange(width) + 1 - width) ** 2.0
        return Radial(_to(rows[:, None], self._device), _to(columns, self._device))

    def apply(self, strip: Strip, state: Radial) -> None:
        """Divides the planes."""
        planes = strip.planes()
        divisor = strip.canvas.scratch("a", torch.float32, *planes.shape[1:])
        torch.add(state.rows[strip.y0 : strip.y0 + strip.height], state.columns, out=divisor)
        planes.div_(divisor.mul_(divisor))


@dataclass(frozen=True, slots=True)
class Band:
    """Rows of noise, float32, `SHIFTS` columns wider than the picture.

    The last `len(lead)` rows lie between this band's last row of grains and the first of the next, which has its own
    share in them: `lead`.
    """

    rows: torch.Tensor  # (about BAND, width + SHIFTS)
    lead: torch.Tensor  # (rows of one grain, width + SHIFTS)


class Grain:
    """Luminance noise of one grain every long_side / 2000 pixels (at least one), strongest in the mid-tones.

    Value noise: a hash of lattice positions, bilinear in between, its weights scaled so that the variance is the same
    everywhere; plain ones would show the lattice. To compute it for every pixel costs more than all else, so a band of
    rows is computed once for a size and used again and again, each time from another column, which position and seed
    decide: no eye finds the repetition in noise. Each band runs into the next, or their seams would be seen.
    """

    _CODES = 64.0  # from the darkest to the brightest grain of mid-grey, at amount 1

    def __init__(self, amount: float, device: torch.device) -> None:
        # apply weighs by L (1020 - L), L = r + 2 g + b; that is 510² in the middle.
        self._amplitude = amount * self._CODES / 510**2
        self._device = device

    def analyse(self, picture: Picture) -> Band:
        """Depends on the size alone."""
        height, width = picture.pixels.shape[:2]
        return _band(width, max(1.0, max(height, width) / 2000), self._amplitude, self._device)

    def apply(self, strip: Strip, state: Band) -> None:
        """Adds the same noise to the three planes."""
        planes, scratch = strip.planes(), strip.canvas.scratch
        light = torch.add(planes[0], planes[2], out=scratch("a", torch.float32, *planes.shape[1:]))
        light.add_(planes[1]).add_(planes[1])
        noise = torch.sub(1020, light, out=scratch("b", torch.float32, *planes.shape[1:])).mul_(light)
        row = 0
        while row < strip.height:
            part = _rows(state, strip.y0 + row, strip.height - row, strip.canvas.width, strip.canvas.seed)
            noise[row : row + len(part)].mul_(part)
            row += len(part)
        planes.add_(noise)


def _rows(band: Band, y: int, most: int, width: int, seed: int) -> torch.Tensor:
    """The noise of rows from y on, at least one and no more than `most`: as many as are made alike."""
    number, first = divmod(y, len(band.rows))
    tail = len(band.rows) - len(band.lead)
    last = min(first + most, tail if first < tail else len(band.rows))
    at = _shift(number, seed)
    part = band.rows[first:last, at : at + width]
    if first < tail:
        return part
    at = _shift(number + 1, seed)
    return part + band.lead[first - tail : last - tail, at : at + width]


def _shift(band: int, seed: int) -> int:
    """The column from which a band is used."""
    return int(float(position_hash(band, 1, 0, 1, seed, "cpu")[0, 0]) * SHIFTS)


@lru_cache(maxsize=8)
def _band(width: int, size: float, amplitude: float, device: torch.device) -> Band:
    """Noise of grains of `size` pixels, -amplitude / 2 to amplitude / 2 before its variance is evened out."""
    grains = round(BAND / size)
    row, upper, lower = _between(round(grains * size), size)
    column, left, right = _between(width + SHIFTS, size)
    values = position_hash(0, grains, 0, int(column[-1]) + 2, 0, "cpu").sub_(0.5).numpy() * amplitude
    wide = values[:, column] * left + values[:, column + 1] * right
    tail = int(np.searchsorted(row, grains - 1))
    inside = wide[row[:tail]] * upper[:tail, None] + wide[row[:tail] + 1] * lower[:tail, None]
    rows = np.concatenate([inside, wide[-1] * upper[tail:, None]])
    return Band(_to(rows, device), _to(wide[0] * lower[tail:, None], device))


@lru_cache(maxsize=16)
def _between(pixels: int, size: float) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """For each pixel the grain before it, and the weights of that and the next, whose squares sum to 1."""
    at = np.arange(pixels) / size
    before = np.floor(at).astype(np.int64)
    after = at - before
    norm = np.hypot(1 - after, after)
    return before, (1 - after) / norm, after / norm


def _to(values: Floats, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32)).to(device)
