"""Palettes laid over each other: the light that one must change by so that its colours fall on those of another.

Colours that photos share align whatever else is in them; means and medians would move with the framing. Each palette
is a mixture of Gaussians, moved as a whole (mean shift; coherent point drift without rotation: Myronenko and Song 2010,
"Point set registration"). The Gaussians narrow from round to round, so that colours first find each other at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from models.shoot.light import Light

Float = npt.NDArray[np.float32]

_AXES = np.array([1.0, 1.0, 0.35], np.float32)  # a stop of light counts as a third of one between channels
_WIDTHS = (0.8, 0.5, 0.35, 0.25, 0.18, 0.14, 0.12, 0.12)
_REACH = 0.3  # width at which it is judged how far palettes agree
_TINY = np.float32(1e-12)
_AT_ONCE = 1 << 18  # pairs of colours, which bounds the memory


@dataclass(frozen=True, slots=True)
class Palettes:
    """Palettes of n photos, padded with colours of no weight."""

    places: Float  # (n, K, 3), along `_AXES`
    weights: Float  # (n, K), each row with sum 1, or 0 for a photo without colours

    @classmethod
    def of(cls, lights: Sequence[Light]) -> Self:
        """Put palettes together; a frequent colour counts more than a rare one, but less than its share."""
        most = max((len(light.palette) for light in lights), default=0) or 1
        rows = np.zeros((len(lights), most, 4), np.float32)
        for row, light in zip(rows, lights, strict=True):
            if light.palette:
                row[: len(light.palette)] = light.palette
        weights = np.sqrt(rows[..., 3])
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), _TINY)
        return cls((rows[..., :3] * _AXES).astype(np.float32), weights.astype(np.float32))

    def some(self, which: npt.NDArray[np.intp] | slice) -> "Palettes":
        """Return those of some photos."""
        return Palettes(self.places[which], self.weights[which])

    def pooled(self, shifts: Float) -> "Palettes":
        """Return one palette of all of them, each under its shift (n, 3) of `aligned`."""
        moved = self.places + (shifts * _AXES)[:, None]
        return Palettes(moved.reshape(1, -1, 3), self.weights.reshape(1, -1) / np.float32(len(self.weights)))


def aligned(palettes: Palettes, to: Palettes) -> tuple[Float, Float]:
    """Return shifts (n, 3) that lay each palette over that of the same number in `to`, and how far they agree, 0..1.

    `to` may hold one palette for all. A shift is in stops: red over green, blue over green, light.
    """
    count, colours = palettes.weights.shape
    chunk = max(1, _AT_ONCE // (colours * to.weights.shape[1]))
    shifts, agree = np.zeros((count, 3), np.float32), np.zeros(count, np.float32)
    for first in range(0, count, chunk):
        part = slice(first, first + chunk)
        there = to if len(to.weights) == 1 else to.some(part)
        shifts[part], agree[part] = _aligned(palettes.some(part), there)
    return shifts, agree


def _aligned(some: Palettes, to: Palettes) -> tuple[Float, Float]:
    apart = [to.places[:, None, :, axis] - some.places[:, :, None, axis] for axis in range(3)]  # each (n, K, M)
    share = some.weights[:, :, None] * to.weights[:, None]
    moved = np.zeros((len(some.weights), 3), np.float32)
    for width in _WIDTHS:
        kernel = _kernel(apart, moved, width)
        kernel *= share
        total = np.maximum(kernel.sum(axis=(1, 2)), _TINY)
        moved = np.stack([np.einsum("nkm,nkm->n", kernel, one) / total for one in apart], axis=1)
    overlap = (share * _kernel(apart, moved, _REACH)).sum(axis=(1, 2))
    return moved / _AXES, overlap / np.sqrt(np.maximum(_own(some) * _own(to), _TINY))


def _own(palettes: Palettes) -> Float:
    """Return the overlap of palettes with themselves."""
    places, weights = palettes.places, palettes.weights
    apart = [places[:, None, :, axis] - places[:, :, None, axis] for axis in range(3)]
    share = weights[:, :, None] * weights[:, None]
    return np.asarray((share * _kernel(apart, np.zeros((1, 3), np.float32), _REACH)).sum(axis=(1, 2)))


def _kernel(apart: list[Float], moved: Float, width: float) -> Float:
    squares = np.zeros(np.broadcast_shapes(apart[0].shape, (len(moved), 1, 1)), np.float32)
    for axis, one in enumerate(apart):
        away = one - moved[:, axis, None, None]
        away *= away
        squares += away
    squares *= np.float32(-0.5 / width**2)
    return np.exp(squares, out=squares)
