"""Curves of our presets from settings of Camera Raw: its own curves, whites, blacks and split toning."""

import colorsys
from collections.abc import Sequence
from itertools import pairwise

Points = list[list[float]]

_MOST = 16  # points of a curve of ours
_WHITES, _BLACKS = 0.12, 0.08  # parts of the range that 100 moves an end
_TONING = 0.22  # what full saturation adds to a channel, of the range
_PLACES = (0.0, 0.12, 0.25, 0.375, 0.5, 0.625, 0.75, 0.88, 1.0)  # at which curves are joined and toned
_SAME = 0.004  # a code


def points_of(rows: Sequence[str]) -> Points | None:
    """Return the points of a curve, written as "x, y" of 0..255; None if it cannot be one of ours."""
    points = []
    for row in rows:
        try:
            x, y = (float(part) / 255 for part in row.split(","))
        except ValueError:
            return None
        points.append([round(x, 4), round(y, 4)])
    rising = all(one[0] < other[0] for one, other in pairwise(points))
    inside = all(0 <= value <= 1 for point in points for value in point)
    return points if 2 <= len(points) <= _MOST and rising and inside else None


def ends(whites: float, blacks: float) -> Points:
    """Return the curve of whites and blacks, each -1..1; the middle stays."""
    last = [[1 - _WHITES * whites, 1.0], [1.0, 1.0]] if whites > 0 else [[1.0, 1 + _WHITES * whites]]
    first = [[0.0, 0.0], [-_BLACKS * blacks, 0.0]] if blacks < 0 else [[0.0, _BLACKS * blacks]]
    return [*first, [0.5, 0.5], *last]


def joined(one: Points | None, then: Points | None) -> Points | None:
    """Return one curve after another, at the places of the first and between."""
    import numpy as np  # noqa: PLC0415 - the ingress imports presets and does without

    from models.colour.curves import through_points  # noqa: PLC0415

    if one is None or then is None or is_straight(one) or is_straight(then):
        return _bent(one) or _bent(then)
    own = [x for x, _ in one]
    more = [x for x in _PLACES if all(abs(x - at) > 0.03 for at in own)]
    places = np.array(sorted([*own, *more[: _MOST - len(own)]]))
    values = through_points([(x, y) for x, y in then])(through_points([(x, y) for x, y in one])(places))
    return [[round(float(x), 4), round(min(max(float(y), 0.0), 1.0), 4)] for x, y in zip(places, values, strict=True)]


def is_straight(points: Points) -> bool:
    """Whether a curve changes nothing."""
    return points[0][0] == 0 and points[-1][0] == 1 and all(abs(x - y) < _SAME for x, y in points)


def _bent(points: Points | None) -> Points | None:
    return None if points is None or is_straight(points) else points


def toned(shadows: tuple[float, float], highlights: tuple[float, float], balance: float) -> list[Points]:
    """Return curves of red, green and blue that tone shadows and highlights, each (hue in degrees, saturation 0..1).

    Black and white stay; greys keep their mean. `balance` -1..1 is for highlights.
    """
    weights = min(1.0 - balance, 1.0), min(1.0 + balance, 1.0)
    tints = [
        [_TONING * saturation * weight * part for part in _tint(hue)]
        for (hue, saturation), weight in zip((shadows, highlights), weights, strict=True)
    ]
    return [[[x, _toned_at(x, dark, light)] for x in _PLACES] for dark, light in zip(*tints, strict=True)]


def _toned_at(x: float, dark: float, light: float) -> float:
    lift = 6.75 * x * (1 - x) * (dark * (1 - x) + light * x)  # most at a third and at two thirds
    return round(min(max(x + lift, 0.0), 1.0), 4)


def _tint(hue: float) -> list[float]:
    parts = colorsys.hsv_to_rgb(hue % 360 / 360, 1.0, 1.0)
    mean = sum(parts) / 3
    return [part - mean for part in parts]
