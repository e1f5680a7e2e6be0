"""RGB matrix profiles built from their primaries, the same bytes on every machine.

A profile that LittleCMS writes carries the time at which it was made; these carry a fixed one. Layout and
types are those of ICC.1:2010 (version 4.3); the curve is sRGB's (IEC 61966-2-1), which Display P3 shares.
"""

import struct
from dataclasses import dataclass
from fractions import Fraction

Vector = tuple[Fraction, Fraction, Fraction]
Matrix = tuple[Vector, Vector, Vector]

_D65 = (Fraction("0.3127"), Fraction("0.3290"))
_D50: Vector = (Fraction("0.9642"), Fraction(1), Fraction("0.8249"))  # the profile connection space's white
_BRADFORD: Matrix = (
    (Fraction("0.8951"), Fraction("0.2664"), Fraction("-0.1614")),
    (Fraction("-0.7502"), Fraction("1.7135"), Fraction("0.0367")),
    (Fraction("0.0389"), Fraction("-0.0685"), Fraction("1.0296")),
)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # g, a, b, c, d of parametric type 3


@dataclass(frozen=True, slots=True)
class Primaries:
    """A name and the chromaticities (x, y) of red, green and blue; white is D65."""

    name: str
    red: tuple[Fraction, Fraction]
    green: tuple[Fraction, Fraction]
    blue: tuple[Fraction, Fraction]


SRGB = Primaries(
    "sRGB",
    (Fraction("0.640"), Fraction("0.330")),
    (Fraction("0.300"), Fraction("0.600")),
    (Fraction("0.150"), Fraction("0.060")),
)
DISPLAY_P3 = Primaries(
    "Display P3",
    (Fraction("0.680"), Fraction("0.320")),
    (Fraction("0.265"), Fraction("0.690")),
    (Fraction("0.150"), Fraction("0.060")),
)


def rgb_profile(primaries: Primaries) -> bytes:
    """The display profile of `primaries` with sRGB's curve, white D65 adapted to D50 by Bradford."""
    adaptation = _adaptation()
    columns = _transpose(_multiply(adaptation, _rgb_to_xyz(primaries)))
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + b"".join(_fixed(v) for v in _SRGB_CURVE)
    tags = {
        b"desc": _text(primaries.name),
        b"cprt": _text("Public domain"),
        b"wtpt": _xyz(_D50),
        b"chad": b"sf32" + bytes(4) + b"".join(_fixed(float(v)) for row in adaptation for v in row),
        b"rXYZ": _xyz(columns[0]),
        b"gXYZ": _xyz(columns[1]),
        b"bXYZ": _xyz(columns[2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return _assemble(tags)


def _assemble(tags: dict[bytes, bytes]) -> bytes:
    """Header, tag table and data; equal tags share their data."""
    start = 128 + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    data = b""
    for body in tags.values():
        if body not in places:
            places[body] = start + len(data)
            data += body + bytes(-len(body) % 4)
    table = struct.pack(">I", len(tags))
    for name, body in tags.items():
        table += name + struct.pack(">II", places[body], len(body))
    header = struct.pack(">I", start + len(data)) + bytes(4) + struct.pack(">I", 0x04300000)
    header += b"mntrRGB XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += b"".join(_fixed(float(v)) for v in _D50)
    return header.ljust(128, b"\0") + table + data


def _rgb_to_xyz(primaries: Primaries) -> Matrix:
    """Linear RGB to XYZ under D65: each primary scaled so that (1, 1, 1) is the white."""
    columns = tuple(_from_xy(xy) for xy in (primaries.red, primaries.green, primaries.blue))
    matrix = _transpose((columns[0], columns[1], columns[2]))
    scale = _apply(_inverse(matrix), _from_xy(_D65))
    return _rows([[value * scale[column] for column, value in enumerate(row)] for row in matrix])


def _adaptation() -> Matrix:
    """Bradford's change of white from D65 to D50."""
    source, target = _apply(_BRADFORD, _from_xy(_D65)), _apply(_BRADFORD, _D50)
    gains = [target[i] / source[i] for i in range(3)]
    scaled = _rows([[gains[i] * value for value in row] for i, row in enumerate(_BRADFORD)])
    return _multiply(_inverse(_BRADFORD), scaled)


def _from_xy(xy: tuple[Fraction, Fraction]) -> Vector:
    x, y = xy
    return (x / y, Fraction(1), (1 - x - y) / y)


def _rows(values: list[list[Fraction]]) -> Matrix:
    first, second, third = ((row[0], row[1], row[2]) for row in values)
    return (first, second, third)


def _apply(matrix: Matrix, vector: Vector) -> Vector:
    first, second, third = (sum((a * b for a, b in zip(row, vector, strict=True)), Fraction()) for row in matrix)
    return (first, second, third)


def _transpose(matrix: Matrix) -> Matrix:
    return _rows([[row[i] for row in matrix] for i in range(3)])


def _multiply(left: Matrix, right: Matrix) -> Matrix:
    columns = _transpose(right)
    return _transpose((_apply(left, columns[0]), _apply(left, columns[1]), _apply(left, columns[2])))


def _inverse(matrix: Matrix) -> Matrix:
    """By cofactors; of a 3×3 matrix the cyclic minors already carry their sign."""
    minors = [
        [
            matrix[(j + 1) % 3][(i + 1) % 3] * matrix[(j + 2) % 3][(i + 2) % 3]
            - matrix[(j + 1) % 3][(i + 2) % 3] * matrix[(j + 2) % 3][(i + 1) % 3]
            for j in range(3)
        ]
        for i in range(3)
    ]
    determinant = sum((matrix[0][i] * minors[i][0] for i in range(3)), Fraction())
    return _rows([[value / determinant for value in row] for row in minors])


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(vector: Vector) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(float(v)) for v in vector)


def _text(text: str) -> bytes:
    words = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(words), 28) + words
