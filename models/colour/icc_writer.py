"""Writes RGB profiles (ICC.1:2010, version 4) from primaries and one curve; `icc.py` reads them.

The same arguments give the same bytes on every machine: the profile's date is a fixed one.
"""

import struct

import numpy as np

from models.colour.curves import Floats

Primaries = tuple[tuple[float, float], ...]  # the chromaticities (x, y) of red, green and blue

D65 = (0.3127, 0.3290)  # the white of the following
SRGB: Primaries = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))  # of ITU-R BT.709 too
DISPLAY_P3: Primaries = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
BT2020: Primaries = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
ADOBE_RGB: Primaries = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))

_COLORANTS = (b"rXYZ", b"gXYZ", b"bXYZ")
_D50 = np.array([0.9642, 1.0, 0.8249])  # the white of the profile connection space
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def power_curve(gamma: float) -> bytes:
    """Return the curve light = signal ** gamma."""
    return b"para" + struct.pack(">4xHxx", 0) + _fixed(gamma)


def srgb_curve() -> bytes:
    """Return the curve of sRGB (IEC 61966-2-1), which Display P3 shares."""
    return b"para" + struct.pack(">4xHxx", 3) + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def sampled_curve(light: Floats) -> bytes:
    """Return the curve through these values of light (n,), 0 to 1, at equal steps of the signal."""
    return b"curv" + struct.pack(">4xI", len(light)) + np.rint(light * 65535).astype(">u2").tobytes()


def rgb_profile(primaries: Primaries, curve: bytes, name: str = "RGB", white: tuple[float, float] = D65) -> bytes:
    """Return the profile of an RGB space; `curve`, one of the above, is that of each channel.

    Raises ZeroDivisionError, numpy's LinAlgError or struct.error for corners that span no space.
    """
    columns = _to_xyz(primaries, white).T
    tags = {tag: b"XYZ " + bytes(4) + _fixed(*column) for tag, column in zip(_COLORANTS, columns, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags |= {b"wtpt": b"XYZ " + bytes(4) + _fixed(*_D50), b"desc": _text(name), b"cprt": _text("No copyright")}
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, value in tags.items():
        table += tag + struct.pack(">2I", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4xI12s", start + len(body), 0x04200000, b"mntrRGB XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(*_D50) + bytes(48)
    return head + table + body


def _to_xyz(primaries: Primaries, white: tuple[float, float]) -> Floats:
    """Return linear RGB to XYZ (3, 3), adapted from its white to D50 by Bradford."""
    xyz = np.array([_from_xy(corner) for corner in primaries]).T
    xyz = xyz * np.linalg.solve(xyz, _from_xy(white))
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ _from_xy(white))
    return np.asarray(np.linalg.inv(_BRADFORD) @ (cones[:, None] * (_BRADFORD @ xyz)))


def _from_xy(corner: tuple[float, float]) -> Floats:
    x, y = corner
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _fixed(*numbers: float) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(float(number) * 65536) for number in numbers))


def _text(words: str) -> bytes:
    encoded = words.encode("utf-16-be")
    return b"mluc" + struct.pack(">4xII4sII", 1, 12, b"enUS", len(encoded), 28) + encoded
