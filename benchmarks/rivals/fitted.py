"""A look for other libraries, fitted by least squares to photos before and after our own retouching.

So no peer needs our code. A look that mixes no channels (a white balance) is a curve for each and
nothing else. One that does is fitted in two forms, of which each peer takes the one that is faster for it: a matrix
and then curves, or `sums`. Neither is exactly ours, which fades saturation towards the edge of sRGB; both come
within 2 codes in the mean, which curves without a matrix, or a matrix without curves, do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.rivals.check import Pixels, upright

Sums = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]

_POWERS = np.arange(1, 6)  # of a curve; more would follow the JPEG noise of small photos
_CODES = np.arange(256, dtype=np.float64)
_SAMPLED = 250_000  # pixels of all photos together, approximately


@dataclass(frozen=True, slots=True)
class Fitted:
    """Curves (3, 256) for r, g, b, codes to codes; before them the matrix (3, 3), if the look mixes channels.

    Then there are `sums` too: a channel of the result is sums[0, r] + sums[1, g] + sums[2, b], (3, 256, 3) in all,
    still to be clipped.
    """

    curves: Pixels
    matrix: Floats | None = None
    sums: Sums | None = None


def fit(before: Sequence[Path], after: Sequence[Path], *, mixing: bool = False) -> Fitted:
    """Fit the look from `before` to `after`, JPEGs with the same upright sizes."""
    sampled = [_sampled(*pair, _SAMPLED // len(before)) for pair in zip(before, after, strict=True)]
    source, result = (np.concatenate(pixels) for pixels in zip(*sampled, strict=True))
    if not mixing:
        return Fitted(_curves(source, result))
    matrix = _solved(source, result).T
    return Fitted(_curves(np.clip(source @ matrix.T, 0, 255), result), matrix, _sums(source, result))


def _sampled(before: Path, after: Path, count: int) -> tuple[Floats, Floats]:
    """About `count` pixels of a photo (N, 3) and of its result."""
    source, result = upright(before), upright(after)
    if source.shape != result.shape:
        raise ValueError(f"{before} and {after} differ in size")
    step = max(1, round((source.size / 3 / count) ** 0.5))
    some, made = (pixels[::step, ::step].reshape(-1, 3).astype(np.float64) for pixels in (source, result))
    return some, made


def _curves(source: Floats, result: Floats) -> Pixels:
    """Polynomials through black, because all our looks keep black."""
    values = [_powers(_CODES) @ _solved(_powers(x), y) for x, y in zip(source.T, result.T, strict=True)]
    return np.asarray(np.rint(np.clip(values, 0, 255)), dtype=np.uint8)


def _sums(source: Floats, result: Floats) -> Sums:
    """The same for each pair of channels, fitted jointly."""
    factors = _solved(np.hstack([_powers(channel) for channel in source.T]), result)
    values = [_powers(_CODES) @ own for own in np.split(factors, 3)]
    return np.asarray(np.rint(values), dtype=np.int16)


def _powers(codes: Floats) -> Floats:
    return np.asarray((codes[:, None] / 255) ** _POWERS, dtype=np.float64)


def _solved(source: Floats, result: Floats) -> Floats:
    return np.asarray(np.linalg.lstsq(source, result)[0], dtype=np.float64)
