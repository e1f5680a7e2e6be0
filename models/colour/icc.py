"""Matrix/TRC profiles: the part of ICC.1:2010 that cameras, phones and editors use for RGB photos."""

import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.colour.curves import ChannelFunction, Floats, srgb_decode

# Linear sRGB to XYZ, adapted to D50 by Bradford (as in sRGB2014.icc of the ICC).
SRGB_TO_XYZ = np.array(
    [
        [0.43606567, 0.38514709, 0.14307785],
        [0.22249037, 0.71687012, 0.06060791],
        [0.01391602, 0.09706116, 0.71409607],
    ]
)
_D50 = np.array([0.9642, 1.0, 0.8249])
_DENSE = 1 << 14  # samples of a curve; its inverse is read off them
_LIMIT = 1 << 20  # bytes; larger RGB profiles hold tables, not matrices


EIGHT_BITS: Floats = np.arange(256) / 255


@dataclass(frozen=True, slots=True)
class RgbProfile:
    """An RGB space by its three curves and its matrix."""

    curves: Floats  # (3, _DENSE + 1): linear value at encoded i / _DENSE; rises from about 0 to 1
    to_srgb: Floats  # (3, 3): linear RGB of this space to linear sRGB; its rows sum to 1, so grey stays grey
    is_srgb: bool  # equal to sRGB within what an 8-bit code can show

    @property
    def digest(self) -> bytes:
        """SHA-256 of the profile's meaning, independent of its encoding."""
        return hashlib.sha256(self.curves.tobytes() + self.to_srgb.tobytes()).digest()

    def decode(self, channel: int, values: Floats = EIGHT_BITS) -> Floats:
        """Return linear values of encoded ones, 0..1; without them (256,) of all 8-bit codes."""
        linear: Floats = np.interp(values, _grid(), self.curves[channel])
        return linear

    def encode(self, channel: int) -> ChannelFunction:
        """Linear to encoded, mirrored about 0; level above 1."""

        def apply(x: Floats) -> Floats:
            signed: Floats = np.copysign(np.interp(np.abs(x), self.curves[channel], _grid()), x)
            return signed

        return apply


@lru_cache(maxsize=8)
def parse(icc: bytes) -> RgbProfile | None:
    """Return the profile, or None if it is not RGB by matrix and curves, or not plausible."""
    try:
        with np.errstate(all="ignore"):  # a hostile curve may overflow; `_sensible` then refuses it
            return _parse(icc)
    except (struct.error, ValueError, KeyError, IndexError, np.linalg.LinAlgError):
        return None


def _grid() -> Floats:
    return np.arange(_DENSE + 1) / _DENSE


def _parse(icc: bytes) -> RgbProfile | None:
    if len(icc) > _LIMIT or icc[36:40] != b"acsp" or icc[16:20] != b"RGB " or icc[20:24] != b"XYZ ":
        return None
    tags = _tags(icc)
    if any(name in tags for name in (b"A2B0", b"D2B0")):  # a table, if present, takes precedence
        return None
    xyz = np.array([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]).T
    curves = np.array([_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")])
    if not _sensible(xyz, curves):
        return None
    curves = np.clip(curves, 0, None) / curves[:, -1:]
    to_srgb = np.linalg.inv(SRGB_TO_XYZ) @ xyz
    to_srgb /= to_srgb.sum(axis=1, keepdims=True)  # fixed-point numbers miss white by up to 1e-4
    is_srgb = bool(np.abs(to_srgb - np.eye(3)).max() < 4e-3 and np.abs(curves - srgb_decode(_grid())).max() < 1e-3)
    return RgbProfile(curves, to_srgb, is_srgb)


def _tags(icc: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", icc, 128)
    if count > 200:
        raise ValueError
    tags = {}
    for i in range(count):
        name, start, size = struct.unpack_from(">4sII", icc, 132 + 12 * i)
        tags[name] = icc[start : start + size]
    return tags


def _xyz(tag: bytes) -> tuple[float, ...]:
    kind, *numbers = struct.unpack_from(">4s4x3i", tag)
    if kind != b"XYZ ":
        raise ValueError
    return tuple(n / 65536 for n in numbers)


def _curve(tag: bytes) -> Floats:
    """Samples of a `curv` or `para` tag (ICC.1:2010, 10.5 and 10.15)."""
    x = _grid()
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return x
        if count == 1:
            return np.asarray(x ** (struct.unpack_from(">H", tag, 12)[0] / 256))
        values = np.frombuffer(tag, dtype=">u2", count=count, offset=12) / 65535
        return np.interp(x, np.linspace(0, 1, count), values)
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        size = (1, 3, 4, 5, 7)[kind]
        return _parametric(kind, [n / 65536 for n in struct.unpack_from(f">{size}i", tag, 12)], x)
    raise ValueError


def _parametric(kind: int, numbers: list[float], x: Floats) -> Floats:
    """Table 65 of ICC.1:2010: (a x + b)^gamma + e from the break on, c x + f below it."""
    gamma, a, b, c, d, e, f = (numbers + [0.0] * 7)[:7]
    if kind == 0:
        return np.asarray(x**gamma)
    if kind in (1, 2):
        if a == 0:
            raise ValueError
        above, c, d, f = (c if kind == 2 else 0.0), 0.0, -b / a, (c if kind == 2 else 0.0)
    else:
        above = e
    return np.asarray(np.where(x >= d, np.maximum(a * x + b, 0) ** gamma + above, c * x + f))


def _sensible(xyz: Floats, curves: Floats) -> bool:
    """Whether the white is D50, the primaries span a space, and the curves rise from black to white."""
    return bool(
        np.isfinite(xyz).all()
        and np.isfinite(curves).all()
        and np.abs(xyz.sum(axis=1) - _D50).max() < 0.02
        and abs(np.linalg.det(xyz)) > 1e-3
        and (np.diff(curves, axis=1) >= -1e-9).all()
        and (np.abs(curves[:, 0]) < 0.02).all()
        and (np.abs(curves[:, -1] - 1) < 0.02).all()
    )
