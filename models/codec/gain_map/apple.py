"""Apple's gain maps, which are older than the standard, turned into maps of the standard.

Gain = 1 + (headroom - 1) · v in linear light, v being the sample decoded as sRGB is. The headroom is in the XMP of the
map, or follows from two numbers in the maker's note: https://developer.apple.com/documentation/appkit/images_and_pdf/
applying_apple_hdr_effect_to_your_photos.
"""

import math
import re

import numpy as np
import numpy.typing as npt

from models.codec.container.exif import bare
from models.codec.container.exif_tables import EXIF_IFD, MAKER_NOTE, DamagedExifError, Exif, read_exif
from models.codec.container.xmp.names import name
from models.codec.container.xmp.tree import DamagedXmpError, descriptions, parse
from models.codec.gain_map.iso import UnknownError
from models.colour.curves import srgb_decode
from models.colour.icc import EIGHT_BITS
from models.gain_map import Channel, Samples, Scale

AUXILIARY = "urn:com:apple:photo:2020:aux:hdrgainmap"
_MARK, _TABLE_AT = b"Apple iOS\0", 14  # of the maker's note; its numbers count from its own beginning
_HEADROOM, _GAIN = 0x0021, 0x0030
_MOST = 16.0  # times SDR white
_TOLD = re.compile(rb"HDRGainMapHeadroom(?:>|=[\"'])\s*([0-9.]{1,12})")


def headroom_of(packet: bytes, exif: bytes | None) -> float | None:
    """Return how many times brighter than white the picture of a map gets; None if this is no map of Apple's.

    `packet` is the XMP of the map, `exif` the picture's. Raises UnknownError.
    """
    try:
        values = dict(pair for node in descriptions(parse(packet)[0]) for pair in node.values())
    except DamagedXmpError:
        return None
    if values.get(name("apdi:AuxiliaryImageType")) != AUXILIARY:
        return None
    return _headroom(values.get(name("HDRGainMap:HDRGainMapHeadroom"), ""), exif)


def headroom_in(file: bytes, exif: bytes | None) -> float:
    """Return the same for a HEIC, in which the XMP of the map lies somewhere. Raises UnknownError."""
    found = _TOLD.search(file)
    return _headroom(found[1].decode() if found else "", exif)


def _headroom(told: str, exif: bytes | None) -> float:
    headroom = _number(told) or _by_maker_note(exif)
    if not 1 < headroom <= _MOST:
        raise UnknownError
    return headroom


def standard(samples: Samples, headroom: float) -> tuple[Samples, Scale]:
    """Return the samples in stops, evenly spaced, and what they mean."""
    stops = math.log2(headroom)
    linear = srgb_decode(EIGHT_BITS)
    table: npt.NDArray[np.uint8] = np.rint(255 * np.log2(1 + (headroom - 1) * linear) / stops).astype(np.uint8)
    return table[samples], Scale((Channel(0.0, stops, 1.0, 0.0, 0.0),), 0.0, stops)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0


def _by_maker_note(exif: bytes | None) -> float:
    try:
        note = read_exif(bare(exif or b"")).tables[EXIF_IFD].get(MAKER_NOTE)
        if note is None or not note.data.startswith(_MARK):
            return 0.0
        # Its table, as a block of its own: the offsets in it count from the note's beginning.
        order = note.data[12:14]
        table = _table_of(note.data, order)
    except DamagedExifError:
        return 0.0
    bright, gain = _ratio(table, _HEADROOM), _ratio(table, _GAIN)
    if bright is None or gain is None:
        return 0.0
    if bright < 1:
        stops = 1.8 - 20 * gain if gain <= 0.01 else 1.601 - 0.101 * gain
    else:
        stops = 3.0 - 70 * gain if gain <= 0.01 else 2.303 - 0.303 * gain
    return float(2 ** max(stops, 0.0))


def _table_of(note: bytes, order: bytes) -> Exif:
    big = order == b"MM"
    block = bytearray(note)
    # A header over the mark of the note, which is as long as that and more.
    block[:8] = order + (42).to_bytes(2, "big" if big else "little") + _TABLE_AT.to_bytes(4, "big" if big else "little")
    return read_exif(bytes(block))


def _ratio(table: Exif, tag: int) -> float | None:
    value = table.root.get(tag)
    if value is None or len(value.data) < 8:
        return None
    above = int.from_bytes(value.data[:4], table.order, signed=True)
    below = int.from_bytes(value.data[4:8], table.order, signed=True)
    return above / below if below else None
