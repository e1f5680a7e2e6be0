"""When and how a photo was taken, from its EXIF."""

import calendar
import math
import re
from dataclasses import dataclass

from models.codec.container.exif import bare
from models.codec.container.exif_tables import EXIF_IFD, RATIONAL, ROOT, DamagedExifError, Exif, read_exif

_TIME, _APERTURE, _ISO, _TAKEN, _FRACTION, _CHANGED = 0x829A, 0x829D, 0x8827, 0x9003, 0x9291, 0x0132
_DATE = re.compile(rb"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Taking:
    """None: EXIF does not tell, or not plausibly."""

    ev: float | None = None  # exposure value at ISO 100
    taken: float | None = None  # seconds since 1970 as the camera's clock shows, without time zone


def taking_of(block: bytes | None) -> Taking:
    """Read an EXIF block."""
    try:
        exif = read_exif(bare(block or b""))
    except DamagedExifError:
        return Taking()
    return Taking(_exposure_value(exif), _taken(exif))


def _exposure_value(exif: Exif) -> float | None:
    time, aperture = _rational(exif, _TIME), _rational(exif, _APERTURE)
    iso = exif.number(EXIF_IFD, _ISO)
    if not (1e-6 < time < 1e5 and 0.1 < aperture < 1000 and 1 <= iso < 1e7):
        return None
    return round(math.log2(aperture**2 / time * 100 / iso), 3)


def _rational(exif: Exif, tag: int) -> float:
    value = exif.tables[EXIF_IFD].get(tag)
    if value is None or value.type != RATIONAL or len(value.data) < 8:
        return 0.0
    above, below = (int.from_bytes(value.data[at : at + 4], exif.order) for at in (0, 4))
    return above / below if below else 0.0


def _taken(exif: Exif) -> float | None:
    value = exif.tables[EXIF_IFD].get(_TAKEN) or exif.tables[ROOT].get(_CHANGED)
    found = _DATE.match(value.data) if value else None
    if found is None:
        return None
    year, month, day, *clock = (int(part) for part in found.groups())
    if year < 1970 or not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    fraction = exif.tables[EXIF_IFD].get(_FRACTION)
    digits = re.match(rb"\d{1,6}", fraction.data) if fraction else None
    return calendar.timegm((year, month, day, *clock)) + (float(b"0." + digits[0]) if digits else 0.0)
