"""White balance as gains in linear light that fade out towards white."""

import numpy as np

from models.colour.curves import ChannelFunction, Floats

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # Rec. 709, of linear sRGB

# log2 of the gain of r, g, b at +1: warmer is redder and less blue; tint goes from green to magenta. No gain
# ever falls below one half, so that code 1 never rounds to 0.
_WARMER = np.array([0.5, 0.0, -0.55])
_MAGENTA = np.array([0.2, -0.25, 0.2])

# The least slope at white. With 0.5 code 254 would land on 254.5.
_SLOPE_AT_WHITE = 0.55


def gains(temperature: float, tint: float) -> Floats:
    """Gains (3,) of linear sRGB; the luminance of white is 1."""
    raw = 2.0 ** (temperature * _WARMER + tint * _MAGENTA)
    return np.asarray(raw / (LUMINANCE @ raw), dtype=np.float64)


def white_balance(gain: Floats) -> list[ChannelFunction]:
    """For each channel f(c) = c (1 + (g-1)(1 - c^p)) on linear values 0..1.

    One p for all channels keeps the luminance of every grey exactly, because the gains weighted by luminance
    sum to 1. White stays white, because the gain fades out there; p is as steep as the largest gain allows with a
    slope of f of at least 0.55. So no channel newly reaches 255 or 0, and f rises everywhere.
    """
    power = min((1 - _SLOPE_AT_WHITE) / max(float(gain.max()) - 1, 1e-9), 12.0)
    return [_faded(float(g), power) for g in gain]


def _faded(gain: float, power: float) -> ChannelFunction:
    def apply(c: Floats) -> Floats:
        return c * (1 + (gain - 1) * (1 - c**power))

    return apply
