"""ICC profiles for colour spaces that files name instead of describing.

ITU-T H.273 numbers primaries and transfer: the `nclx` of HEIC and AVIF, the `cICP` of PNG. EXIF names Adobe RGB.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.colour.curves import Floats
from models.colour.icc_writer import (
    ADOBE_RGB,
    BT2020,
    DISPLAY_P3,
    SRGB,
    power_curve,
    rgb_profile,
    sampled_curve,
    srgb_curve,
)

# The others, which old video has, are close to those of BT.709 and sRGB, and are shown as such.
_PRIMARIES = {9: BT2020, 12: DISPLAY_P3}
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
_PQ, _HLG = 16, 18
_PEAK = 1000 / 203  # of an HDR picture, in units of its white (ITU-R BT.2408); brighter light becomes white
_KNEE = 0.6  # light is unchanged up to here, and compressed above
_SAMPLES = 4096  # in a curve


@dataclass(frozen=True, slots=True)
class NamedSpace:
    """A space as a profile; `hdr`: the profile compresses light that an SDR screen cannot show."""

    icc: bytes
    hdr: bool = False


@lru_cache(maxsize=16)
def by_code_points(primaries: int, transfer: int) -> NamedSpace | None:
    """Return the space of H.273 code points; None for sRGB, and for spaces treated as sRGB."""
    corners = _PRIMARIES.get(primaries, SRGB)
    if transfer in (_PQ, _HLG):
        return NamedSpace(rgb_profile(corners, _shown(_pq if transfer == _PQ else _hlg)), hdr=True)
    if transfer in _GAMMAS:
        return NamedSpace(rgb_profile(corners, power_curve(_GAMMAS[transfer])))
    return None if corners is SRGB else NamedSpace(rgb_profile(corners, srgb_curve()))


@lru_cache(maxsize=1)
def adobe_rgb() -> bytes:
    """Return a profile of Adobe RGB (1998)."""
    return rgb_profile(ADOBE_RGB, power_curve(563 / 256))


def _shown(light: Callable[[Floats], Floats]) -> bytes:
    """Return the curve from a signal of 0..1 to the light that is shown."""
    return sampled_curve(_pressed(light(np.linspace(0, 1, _SAMPLES))))


def _pq(signal: Floats) -> Floats:
    """SMPTE ST 2084: light in units of white."""
    root = signal ** (32 / 2523)
    nits = 10_000 * (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (8192 / 1305)
    return np.asarray(nits / 203)


def _hlg(signal: Floats) -> Floats:
    """ITU-R BT.2100: light in units of white, on a screen of 1,000 nits, whose gamma is 1.2."""
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12)
    return np.asarray(scene**1.2 * _PEAK)


def _pressed(light: Floats) -> Floats:
    """Map light of 0.._PEAK to 0..1: unchanged up to the knee, from there smoothly to 1 at the peak."""
    over, most = (np.clip(light, _KNEE, _PEAK) - _KNEE) / (1 - _KNEE), (_PEAK - _KNEE) / (1 - _KNEE)
    return np.minimum(light, _KNEE) + (1 - _KNEE) * over * (1 + over / most**2) / (1 + over)
