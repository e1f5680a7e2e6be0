"""The preset in the terms of others: a curve a channel, and a matrix before it for who wants one.

Both are fitted by least squares to one photo before and after our own retouching, so that no peer needs our code.
`filter_warm` is a white balance: it mixes no channels (a fitted matrix has 0.02 at most beside its diagonal), and a
curve for each says all of it. So curves alone are the best that a peer can do, and what it is given. A filter that
touches saturation does mix them: `mixing=True` fits the matrix as well. photobatch takes as long for one as for the
other, because its table holds any function of a colour.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import simplejpeg

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_DEGREE = 5  # of a curve; with more it follows the noise of JPEG where a photo has few pixels
_STEP = 7  # every so many pixels in both directions: 250,000 of 12 MP


@dataclass(frozen=True, slots=True)
class Look:
    """First the matrix (3, 3), where there is one; then the curves (3, 256), codes of r, g, b to codes."""

    curves: Pixels
    matrix: Floats | None = None


def fit(before: Path, after: Path, *, mixing: bool = False) -> Look:
    """The look that makes `after` of `before`, JPEGs of the same size."""
    source, result = _sample(before), _sample(after)
    if len(source) != len(result):
        raise ValueError(f"{before} and {after} differ in size")
    matrix = None
    if mixing:
        matrix = np.asarray(np.linalg.lstsq(source, result)[0].T, dtype=np.float64)
        source = np.clip(source @ matrix.T, 0, 255)
    curves = np.stack([_curve(source[:, channel], result[:, channel]) for channel in range(3)])
    return Look(curves, matrix)


def _sample(path: Path) -> Floats:
    """Some pixels (N, 3)."""
    pixels = simplejpeg.decode_jpeg(path.read_bytes(), "RGB", strict=True)
    return np.asarray(pixels[::_STEP, ::_STEP].reshape(-1, 3), dtype=np.float64)


def _curve(source: Floats, result: Floats) -> Pixels:
    """A polynomial through black, which every look of ours leaves black."""
    powers = np.arange(1, _DEGREE + 1)
    factors = np.linalg.lstsq((source[:, None] / 255) ** powers, result)[0]
    values = (np.arange(256)[:, None] / 255) ** powers @ factors
    return np.asarray(np.rint(np.clip(values, 0, 255)), dtype=np.uint8)
