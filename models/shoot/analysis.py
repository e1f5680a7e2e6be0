"""The light of one photo, from a small version of it.

JPEGs are decoded at a part of their size, so 12 MP take about 25 ms, of which 14 are the decoding.
"""

import numpy as np
import numpy.typing as npt

from models.codec.decoder import decode
from models.codec.header import Limits
from models.colour.curves import Floats
from models.colour.icc import parse
from models.colour.light import linear_srgb, luminance, visible
from models.reduce import reduce_cells
from models.shoot.light import Light
from models.shoot.taking import taking_of

COLOURS = 24  # of a palette
_SIDE = 96  # pixels that the longer side keeps at least
_DIGITS = 3

_DARKEST = 2.0**-8  # linear; about code 14 of sRGB: below, noise decides the colour
_CLIPPED = 0.98  # linear: a channel above is likely clipped
_ENOUGH = 50  # pixels that are neither
_AXES = np.array([1.0, 1.0, 0.5])  # a stop of light counts as half a stop between channels
_ROUNDS = 3  # of k-means after the median cut


def analyse(data: bytes | memoryview, limits: Limits) -> Light:
    """Return the light of a file's picture. Raises PhotoError, as models.codec.decode does."""
    picture = decode(data, limits, least=2 * _SIDE)
    step = 1
    while max(picture.pixels.shape[:2]) >= 2 * step * _SIDE:
        step *= 2
    icc, taking = picture.source.icc, taking_of(picture.source.exif)
    colours = visible(reduce_cells(picture.pixels, step))
    linear = np.clip(linear_srgb(colours, parse(icc) if icc else None), 0, 1)
    tones = np.log2(np.maximum(luminance(linear), _DARKEST))
    low, high = np.percentile(tones, (25, 75))
    return Light(
        level=round(float(tones[(tones >= low) & (tones <= high)].mean()), _DIGITS),
        palette=_palette(linear, tones),
        ev=taking.ev,
        taken=taking.taken,
    )


def _palette(linear: Floats, tones: Floats) -> tuple[tuple[float, float, float, float], ...]:
    """Return the main colours, the most frequent first; none of a picture that is black or white."""
    known = (linear.max(axis=1) < _CLIPPED) & (linear.min(axis=1) > _DARKEST)
    if known.sum() < _ENOUGH:
        return ()
    logs = np.log2(linear[known])
    points = np.stack([logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1], tones[known]], axis=1) * _AXES
    which = _cut(points)
    for _ in range(_ROUNDS):
        counts = np.bincount(which, minlength=COLOURS)
        sums = np.stack([np.bincount(which, points[:, axis], COLOURS) for axis in range(3)], axis=1)
        centres = sums[counts > 0] / counts[counts > 0, None]
        which = (np.einsum("ij,ij->i", centres, centres) - 2 * points @ centres.T).argmin(axis=1)
    shares = np.bincount(which, minlength=len(centres)) / len(linear)
    rows = [(*(centre / _AXES), share) for centre, share in zip(centres, shares, strict=True) if share]
    rounded = [tuple(round(float(value), _DIGITS) for value in row) for row in rows]
    return tuple((red, blue, tone, share) for red, blue, tone, share in sorted(rounded, key=lambda row: (-row[3], row)))


def _cut(points: Floats) -> npt.NDArray[np.intp]:
    """Return the number of the box of each point: the box with the largest variance is halved at its mean."""
    which = np.zeros(len(points), np.intp)
    spreads = {0: _spread(points)}
    for number in range(1, COLOURS):
        box = max(spreads, key=lambda each: spreads[each][0])
        _, axis, mean = spreads[box]
        upper = (which == box) & (points[:, axis] > mean)
        which[upper] = number
        spreads[number], spreads[box] = _spread(points[upper]), _spread(points[which == box])
    return which


def _spread(points: Floats) -> tuple[float, int, float]:
    """Return the sum of squares along the longest axis, that axis, and the mean there."""
    if len(points) < 2:
        return 0.0, 0, 0.0
    mean = points.mean(axis=0)
    squares = ((points - mean) ** 2).sum(axis=0)
    axis = int(squares.argmax())
    return float(squares[axis]), axis, float(mean[axis])
