"""Hue, saturation and luminance by bands of hue."""

from collections.abc import Callable, Sequence

import numpy as np

from models.colour.chroma import Planes, luma, stretch
from models.colour.curves import Floats, Sampled, srgb_decode, through_points
from models.colour.hue import HueTurn, angle, by_angle
from models.colour.oklab import to_oklab
from models.colour.tone import brighten

Bands = tuple[tuple[str, float, float, float], ...]  # name, hue, saturation, luminance, each -1..1

# Where each band's settings hold in full: OKLab hue in degrees, and lightness, of sRGB's purest colour of that name,
# which in HSV is at 0, 30, 60, 120, 180, 240, 270 and 300 degrees.
CENTRES = {
    "red": (29.2, 0.628),
    "orange": (53.0, 0.732),
    "yellow": (109.8, 0.968),
    "green": (142.5, 0.866),
    "aqua": (194.8, 0.905),
    "blue": (264.1, 0.452),
    "purple": (293.9, 0.530),
    "magenta": (328.4, 0.702),
}
_HUES, _LIGHTNESS = zip(*CENTRES.values(), strict=True)

_REACH = 0.45  # part of the way to the next centre at hue ±1; below one half, so that hues never change order
_BRIGHTER, _DARKER = 1.2, 0.35  # what luminance +1 adds to y / (1-y), and -1 takes from y
_PALE = 0.1  # OKLab chroma from which a colour counts fully; skin counts half, the noise of a grey wall hardly
_GREY = 1e-4  # a fraction of the chroma of one code in one channel


class HueBands:
    """The bands as a function of encoded sRGB planes.

    Between two centres a monotone cubic goes from one setting to the other. So equal settings act like one slider
    for all hues, and the order of hues never changes.
    """

    def __init__(self, bands: Bands) -> None:
        by_name = {name: settings for name, *settings in bands}
        hue, saturation, luminance = zip(*(by_name.get(name, (0.0, 0.0, 0.0)) for name in CENTRES), strict=True)
        self._turn = _turn(hue) if any(hue) else None
        self._saturation = by_angle(_around(saturation)) if any(saturation) else None
        self._luminance = by_angle(_around(luminance)) if any(luminance) else None
        self._decode = Sampled(srgb_decode, reach=2.0, root=False)

    def __call__(self, planes: Planes) -> Planes:
        """Greys stay exactly the same."""
        r, g, b = planes
        linear = self._decode(r), self._decode(g), self._decode(b)
        lab = to_oklab(linear)
        hue, chroma = angle(lab[1], lab[2]), np.sqrt(lab[1] * lab[1] + lab[2] * lab[2])
        share = np.minimum(chroma / _PALE, 1)
        share = share * share * (3 - 2 * share)
        after = planes if self._turn is None else self._turn(planes, linear, lab, hue)
        after = self._saturated(after, hue, share)
        after = self._luminated(after, hue, share)
        grey = chroma < _GREY
        return np.where(grey, r, after[0]), np.where(grey, g, after[1]), np.where(grey, b, after[2])

    def _saturated(self, planes: Planes, hue: Floats, share: Floats) -> Planes:
        """Like the slider for all hues, but pale colours gain less."""
        if self._saturation is None:
            return planes
        amount = self._saturation(hue)
        return stretch(planes, 1 + np.where(amount > 0, amount * share, amount), hold_back=True)

    def _luminated(self, planes: Planes, hue: Floats, share: Floats) -> Planes:
        if self._luminance is None:
            return planes
        amount = self._luminance(hue) * share
        y = luma(*planes)
        gain = 1 + _BRIGHTER * np.maximum(amount, 0)
        scale = (1 + _DARKER * np.minimum(amount, 0)) * gain / (1 + (gain - 1) * np.clip(y, 0, 1))
        return brighten(planes, y, scale, gain)


def _around(values: Sequence[float]) -> Callable[[Floats], Floats]:
    """Return settings by degrees (-180..540), equal to the bands' own at their centres."""
    turns = [(hue + turn, value) for turn in (-360, 0, 360) for hue, value in zip(_HUES, values, strict=True)]
    return through_points(turns)


def _turn(amounts: Sequence[float]) -> HueTurn:
    ahead = [(after - hue) % 360 for hue, after in zip(_HUES, [*_HUES[1:], _HUES[0]], strict=True)]
    goals = [
        hue + _REACH * amount * (ahead[i] if amount > 0 else ahead[i - 1])
        for i, (hue, amount) in enumerate(zip(_HUES, amounts, strict=True))
    ]
    turns = [(hue + turn, goal + turn) for turn in (-360, 0, 360) for hue, goal in zip(_HUES, goals, strict=True)]
    goes_to, lightness = through_points(turns), _around(_LIGHTNESS)
    return HueTurn(
        radians=lambda degrees: np.radians(goes_to(degrees) - degrees),
        lighter=lambda degrees: lightness(goes_to(degrees)) / lightness(degrees) - 1,
    )
