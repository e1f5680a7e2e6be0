"""ICC profiles for colour spaces that files name instead of describing.

ITU-T H.273 numbers primaries and transfer: the `nclx` of HEIC and AVIF, the `cICP` of PNG. EXIF names Adobe RGB.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_D65, _D50 = (0.3127, 0.3290), np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_BT709 = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
# Display P3 and BT.2020; the others, from old video, are close to BT.709 and treated as such.
_PRIMARIES = {9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), 12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))}
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
    corners = _PRIMARIES.get(primaries, _BT709)
    if transfer in (_PQ, _HLG):
        return NamedSpace(_profile(corners, _table(_pq if transfer == _PQ else _hlg)), hdr=True)
    if transfer in _GAMMAS:
        return NamedSpace(_profile(corners, _curve(_GAMMAS[transfer])))
    return None if corners is _BT709 else NamedSpace(_profile(corners, _SRGB_CURVE))


@lru_cache(maxsize=1)
def adobe_rgb() -> bytes:
    """Return a profile of Adobe RGB (1998)."""
    return _profile(_ADOBE, _curve(563 / 256))


def _curve(gamma: float) -> bytes:
    return b"para" + struct.pack(">4xHxxi", 0, round(gamma * 65536))


_SRGB_CURVE = b"para" + struct.pack(
    ">4xHxx5i", 3, *(round(number * 65536) for number in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
)


def _table(light: Callable[[Floats], Floats]) -> bytes:
    """Return the sampled curve from a signal of 0..1 to displayed light."""
    shown = np.rint(_pressed(light(np.linspace(0, 1, _SAMPLES))) * 65535).astype(">u2")
    return b"curv" + struct.pack(">4xI", _SAMPLES) + shown.tobytes()


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


def _profile(corners: tuple[tuple[float, float], ...], curve: bytes) -> bytes:
    """Write an ICC profile (version 4) of three primaries, a white of D65 and one curve."""
    colorants = _colorants(corners)
    tags = {name: b"XYZ " + _fixed((0, *column)) for name, column in zip(_COLORANTS, colorants.T, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags |= {b"wtpt": b"XYZ " + _fixed((0, *_D50)), b"desc": _text("RGB"), b"cprt": _text("No copyright")}
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">2I", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4xI12s", start + len(body), 0x04200000, b"mntrRGB XYZ ") + struct.pack(
        ">6H", 2026, 1, 1, 0, 0, 0
    )
    return head + b"acsp" + bytes(28) + _fixed(tuple(_D50)) + bytes(48) + table + body


_COLORANTS = (b"rXYZ", b"gXYZ", b"bXYZ")


def _colorants(corners: tuple[tuple[float, float], ...]) -> Floats:
    """Return linear RGB to XYZ (3, 3), adapted from D65 to D50 by Bradford."""
    xyz = np.array([_xyz(corner) for corner in corners]).T
    xyz = xyz * np.linalg.solve(xyz, _xyz(_D65))
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ _xyz(_D65))
    return np.asarray(np.linalg.inv(_BRADFORD) @ (cones[:, None] * (_BRADFORD @ xyz)))


def _xyz(corner: tuple[float, float]) -> Floats:
    x, y = corner
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _fixed(numbers: tuple[float, ...]) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(float(number) * 65536) for number in numbers))


def _text(words: str) -> bytes:
    encoded = words.encode("utf-16-be")
    return b"mluc" + struct.pack(">4xII4sII", 1, 12, b"enUS", len(encoded), 28) + encoded
