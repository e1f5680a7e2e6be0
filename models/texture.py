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
class Lattice:
    """Where each row (column) of pixels lies between two rows (columns) of grains."""

    row: npt.NDArray[np.int64]  # (H,) the upper row of grains
    upper: torch.Tensor  # float32 (H, 1) its weight
    lower: torch.Tensor  # float32 (H, 1)
    column: torch.Tensor  # int32 (W,) the left column of grains
    left: torch.Tensor  # float32 (W,), times the amplitude
    right: torch.Tensor  # float32 (W,), times the amplitude
    columns: int  # of grains


class Grain:
    """Luminance noise of one grain every long_side / 2000 pixels (at least one), strongest in the mid-tones.

    Value noise: a hash of lattice position and seed, bilinear in between, its weights scaled so that the
    variance is the same everywhere; plain ones would show the lattice.
    """

    _CODES = 64.0  # from the darkest to the brightest grain of mid-grey, at amount 1

    def __init__(self, amount: float, device: torch.device) -> None:
        self._amount = amount
        self._device = device

    def analyse(self, picture: Picture) -> Lattice:
        """Depends on the size alone."""
        height, width = picture.pixels.shape[:2]
        size = max(1.0, max(height, width) / 2000)
        row, upper, lower = _between(height, size)
        column, left, right = _between(width, size)
        # apply weighs by L (1020 - L), L = r + 2 g + b; that is 510² in the middle.
        amplitude = self._amount * self._CODES / 510**2
        return Lattice(
            row,
            _to(upper[:, None], self._device),
            _to(lower[:, None], self._device),
            torch.from_numpy(column.astype(np.int32)).to(self._device),
            _to(left * amplitude, self._device),
            _to(right * amplitude, self._device),
            int(column[-1]) + 2,
        )

    def apply(self, strip: Strip, state: Lattice) -> None:
        """Adds the same noise to the three planes."""
        planes, scratch = strip.planes(), strip.canvas.scratch
        noise, weight = self._noise(strip, state), scratch("b", torch.float32, *planes.shape[1:])
        light = torch.add(planes[0], planes[2], out=scratch("a", torch.float32, *planes.shape[1:]))
        light.add_(planes[1]).add_(planes[1])
        torch.sub(1020, light, out=weight)
        planes.add_(noise.mul_(weight.mul_(light)))

    def _noise(self, strip: Strip, state: Lattice) -> torch.Tensor:
        """Float32 (h, W)."""
        rows = slice(strip.y0, strip.y0 + strip.height)
        first = int(state.row[rows][0])
        grains = int(state.row[rows][-1]) + 2 - first
        values = position_hash(first, grains, 0, state.columns, strip.canvas.seed, self._device).sub_(0.5)
        scratch, width = strip.canvas.scratch, strip.canvas.width
        wide = torch.index_select(values, 1, state.column, out=scratch("wide", torch.float32, grains, width))
        wide.mul_(state.left)
        beside = torch.index_select(values[:, 1:], 1, state.column, out=scratch("beside", torch.float32, grains, width))
        wide.add_(beside.mul_(state.right))
        upper = torch.from_numpy(state.row[rows] - first).to(self._device)
        noise = torch.index_select(wide, 0, upper, out=scratch("noise", torch.float32, strip.height, width))
        noise.mul_(state.upper[rows])
        below = torch.index_select(wide[1:], 0, upper, out=scratch("b", torch.float32, strip.height, width))
        return noise.add_(below.mul_(state.lower[rows]))


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
