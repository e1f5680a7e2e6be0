"""The resolution that files tell: pixels by length, in the ways of JFIF, PNG, EXIF and TIFF."""

from fractions import Fraction

from models.codec.container.exif_tables import RATIONAL, ROOT, SHORT, Exif
from models.facts import Density

_X_RESOLUTION, _Y_RESOLUTION, _UNIT = 0x011A, 0x011B, 0x0128
_JFIF_UNITS: tuple[str, ...] = ("", "inch", "cm")
_EXIF_UNITS = {1: "", 2: "inch", 3: "cm"}
_IN_METRES = {"inch": Fraction(254, 10_000), "cm": Fraction(1, 100), "m": Fraction(1)}
_MOST = 2**32 - 1


def of_jfif(payload: bytes) -> Density | None:
    """Read a JFIF segment, which begins with its name."""
    if len(payload) < 12 or payload[7] > 2:
        return None
    return _told(int.from_bytes(payload[8:10], "big"), int.from_bytes(payload[10:12], "big"), _JFIF_UNITS[payload[7]])


def of_phys(body: bytes) -> Density | None:
    """Read a pHYs chunk of a PNG."""
    if len(body) != 9 or body[8] > 1:
        return None
    return _told(int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big"), "m" if body[8] else "")


def of_exif(exif: Exif) -> Density | None:
    """Read the tags of EXIF or TIFF; without a unit they are in inches."""
    across, down = (_rational(exif, tag) for tag in (_X_RESOLUTION, _Y_RESOLUTION))
    if across is None or down is None:
        return None
    return _told(float(across), float(down), _EXIF_UNITS.get(exif.number(ROOT, _UNIT), "inch"))


def jfif_fields(density: Density) -> bytes:
    """Return unit and numbers as in a JFIF segment: 5 bytes."""
    unit = "inch" if density.unit == "m" else density.unit
    x, y = (_whole(number, density.unit, unit, 0xFFFF) for number in (density.across, density.down))
    return bytes([_JFIF_UNITS.index(unit)]) + x.to_bytes(2, "big") + y.to_bytes(2, "big")


def phys_body(density: Density) -> bytes:
    """Return the body of a pHYs chunk."""
    unit = "m" if density.unit else ""
    x, y = (_whole(number, density.unit, unit, 2**31 - 1) for number in (density.across, density.down))
    return x.to_bytes(4, "big") + y.to_bytes(4, "big") + bytes([unit == "m"])


def put_into(exif: Exif, density: Density) -> None:
    """Write the tags of EXIF or TIFF."""
    unit = "inch" if density.unit == "m" else density.unit
    for tag, number in ((_X_RESOLUTION, density.across), (_Y_RESOLUTION, density.down)):
        if density.unit == "m":
            number = _whole(number, "m", "inch", _MOST)  # noqa: PLW2901  # a metre comes from an inch
        told = Fraction(number).limit_denominator(10_000)
        exif.root[tag] = exif.numbers(RATIONAL, [told.numerator, told.denominator])
    exif.root[_UNIT] = exif.numbers(SHORT, [{"": 1, "inch": 2, "cm": 3}[unit]])


def _told(across: float, down: float, unit: str) -> Density | None:
    """Return a density, if the numbers can be true."""
    return Density(across, down, unit) if 0 < across < _MOST and 0 < down < _MOST else None


def _rational(exif: Exif, tag: int) -> Fraction | None:
    value = exif.root.get(tag)
    if value is None or value.type != RATIONAL or value.count != 1:
        return None
    over, under = (int.from_bytes(value.data[at : at + 4], exif.order) for at in (0, 4))
    return Fraction(over, under) if under else None


def _whole(number: float, unit: str, wanted: str, most: int) -> int:
    if unit and unit != wanted:
        number *= float(_IN_METRES[wanted] / _IN_METRES[unit])
    return min(max(1, round(number)), most)
