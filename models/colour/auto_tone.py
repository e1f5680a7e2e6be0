"""Auto tone: exposure, black, white and contrast of one photo from its own luminances, gently.

What a photo lacks is added in part; what it is on purpose it stays. A night with lamps, a low key and a fog have their
brightest or darkest tones where they belong, so little room is left to move them. All limits are named here.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from models.colour.correction import Correction
from models.colour.curves import Floats, srgb_decode, srgb_encode
from models.colour.icc import RgbProfile
from models.colour.light import linear_srgb, luminance, visible

_SIDE = 256  # pixels that the longer side keeps at least, where it has them

# Encoded luminances of 0..1.
_MIDDLE = (0.36, 0.54)  # a mean between these is left alone
_PULL = 0.6  # of the way to them
_DARKEST, _LIGHTEST = 0.3, 99.7  # percentiles that count as black and white
_LIGHT, _WHITE, _BLACK = 0.93, 0.98, 0.012  # where light tones may rise to by exposure, where white and black belong
_MORE_EV, _LESS_EV = 0.9, 0.35  # most that exposure changes
_FREE_EV = 0.25  # of which this much also where the light tones are light already
_ENDS_PULL = 0.75  # of the way there
_BLACK_MOVES, _WHITE_MOVES = 0.06, 0.10  # most that black and white move
_CONTRAST = (0.30, 0.85)  # a spread of tones between these is left alone
_CONTRAST_MOST = (0.25, 0.10)  # added to a flat photo, taken from a harsh one


def step_for(height: int, width: int) -> int:
    """Return the largest power of two that leaves a picture large enough to be looked at."""
    step = 1
    while max(height, width) >= 2 * step * _SIDE:
        step *= 2
    return step


class AutoTone:
    """What photos lack, on top of a correction that they get in any case."""

    def __init__(self, amount: float, shift: Correction) -> None:
        """`amount` 0..1 is the part of the change that is made."""
        self._amount = amount
        self._shift = shift

    def analyse(self, small: npt.NDArray[np.uint8], profile: RgbProfile | None) -> Correction:
        """Return the whole correction of a photo; `small` (h, w, 4) is the photo reduced, in the space `profile`."""
        light = self._shift.light()
        tones = srgb_encode(np.clip(light(luminance(linear_srgb(visible(small), profile))), 0, 1))
        found = tone_of(tones)
        # Rounded, so that the last bits of a CPU's functions change no photo.
        return replace(
            self._shift,
            exposure=round(self._shift.exposure + self._amount * found.exposure, 3),
            contrast=round(self._amount * found.contrast, 3),
            curve=tuple((round(x, 4), round(x + self._amount * (y - x), 4)) for x, y in found.curve),
        )


def tone_of(tones: Floats) -> Correction:
    """Return what a photo with these encoded luminances (N,) lacks."""
    stops = _exposure(tones)
    if stops:
        tones = srgb_encode(Correction(exposure=stops).light()(srgb_decode(tones)))
    low, first, last, high = (float(v) for v in np.percentile(tones, (_DARKEST, 10, 90, _LIGHTEST)))
    return Correction(exposure=stops, contrast=_contrast(last - first), curve=_ends(low, high))


def _exposure(tones: Floats) -> float:
    """Return stops towards a mean of middle tones, as far as light tones have room."""
    mean = float(tones.mean())
    aim = min(max(mean, _MIDDLE[0]), _MIDDLE[1])
    wanted = _PULL * _stops(mean, aim)
    if wanted > 0:
        room = [max(_stops(float(high), _LIGHT), 0.0) for high in np.percentile(tones, (98, _LIGHTEST))]
        return min(wanted, _MORE_EV, sum(room) / len(room) + _FREE_EV)
    return max(wanted, -_LESS_EV)


def _stops(tone: float, aim: float) -> float:
    """Return the stops between two encoded tones."""
    lights = srgb_decode(np.maximum([tone, aim], 0.01))
    return float(np.log2(lights[1] / lights[0]))


def _contrast(spread: float) -> float:
    flat, harsh = _CONTRAST
    if spread < flat:
        return _CONTRAST_MOST[0] * (flat - spread) / flat
    return -_CONTRAST_MOST[1] * min(1.0, max(0.0, spread - harsh) / (1 - harsh))


def _ends(low: float, high: float) -> tuple[tuple[float, float], ...]:
    """Return a curve that moves the darkest tones towards black and the lightest towards white; none if they are."""
    dark = min(_ENDS_PULL * max(low - _BLACK, 0.0), _BLACK_MOVES)
    light = min(_ENDS_PULL * max(_WHITE - high, 0.0), _WHITE_MOVES)
    inner = [(low, low - dark)] if dark > 0.004 else []
    inner += [(high, high + light)] if light > 0.004 and high > low + 0.1 else []
    return ((0.0, 0.0), *inner, (1.0, 1.0)) if inner else ()
