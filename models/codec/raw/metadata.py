"""The metadata of a RAW file, read from its own tables without LibRaw.

Layouts: TIFF/EP and DNG 1.7 (also ORF and RW2, which are TIFFs with other first bytes), and as exiftool documents them
CR3 (boxes CMT1, CMT2 and CMT4), RAF (a JPEG at the place that its head tells) and MRW (block TTW).
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from models.codec.container.exif_tables import (
    EXIF_IFD,
    GPS_IFD,
    INTEROP_IFD,
    ROOT,
    SHORT,
    DamagedExifError,
    read_exif,
    write_exif,
)
from models.codec.container.iso_boxes import DamagedBoxesError, boxes
from models.codec.container.jpeg_segments import read_segments
from models.codec.container.tiff_metadata import TiffMetadata, read_tiff
from models.codec.raw.kinds import as_tiff
from models.errors import PhotoError

_FIRST = 254  # the lowest tag of TIFF; below lie those of Panasonic
_PANASONIC_JPEG = 46
_OF_DEVELOPING = ("tiff_tags_dropped", "thumbnail_dropped")  # what develops a photo, and other renderings of it
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")  # the box of Canon's tables
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # the box of XMP, by Adobe's XMP specification
_BOXES = 100  # most that are looked at
_LONGEST = 2**22  # bytes of a box with tables
_RAF_JPEG = 84  # where the head of a RAF tells place and size of its JPEG
_COLOUR_SPACE, _SRGB = 0xA001, 1


def read_raw(data: bytes) -> TiffMetadata:
    """Return the EXIF, XMP and IPTC of a RAW file; a note says if there is none that can be read."""
    tiff = as_tiff(data)
    if tiff is not None:
        found = _of_panasonic(data) or read_tiff(tiff)
    elif data[4:8] == b"ftyp":
        found = _of_canon(data)
    elif data.startswith(b"FUJIFILM"):
        place, size = (int.from_bytes(data[at : at + 4], "big") for at in (_RAF_JPEG, _RAF_JPEG + 4))
        found = _of_jpeg(data[place : place + size]) or TiffMetadata()
    elif data.startswith(b"\0MRM"):
        found = read_tiff(_of_minolta(data))
    else:
        found = TiffMetadata()
    found.exif = _without_sensor(found.exif)
    found.notes = [note for note in found.notes if note not in _OF_DEVELOPING]
    if found.exif is None and "exif_dropped" not in found.notes:
        found.notes.append("exif_dropped")
    return found


def in_srgb(block: bytes | None) -> bytes | None:
    """Return the EXIF of a photo that was developed to sRGB: the camera's colour space was that of its own JPEG."""
    if block is None:
        return None
    exif = read_exif(block)
    exif.tables[INTEROP_IFD] = {}
    if _COLOUR_SPACE in exif.tables[EXIF_IFD]:
        exif.tables[EXIF_IFD][_COLOUR_SPACE] = exif.numbers(SHORT, [_SRGB])
    return write_exif(exif)


def _without_sensor(block: bytes | None) -> bytes | None:
    if block is None:
        return None
    exif = read_exif(block)
    for tag in [tag for tag in exif.root if tag < _FIRST]:
        del exif.root[tag]
    return None if exif.is_empty() else write_exif(exif)


def _of_jpeg(data: bytes) -> TiffMetadata | None:
    try:
        jpeg = read_segments(data)
    except PhotoError:
        return None
    return TiffMetadata(read_tiff(jpeg.exif).exif, jpeg.xmp, jpeg.iptc) if jpeg.exif else None


def _of_panasonic(data: bytes) -> TiffMetadata | None:
    """Return what the JPEG in an RW2 tells; its own first table tells less."""
    if not data.startswith(b"IIU"):
        return None
    with suppress(DamagedExifError):
        jpeg = read_exif(as_tiff(data) or b"", lambda tag: tag == _PANASONIC_JPEG).root.get(_PANASONIC_JPEG)
        return _of_jpeg(jpeg.data) if jpeg else None
    return None


def _of_canon(data: bytes) -> TiffMetadata:
    movie = next((body for name, body in _bodies(data) if name == b"moov"), b"")
    tables = next((body[16:] for name, body in _bodies(movie) if name == b"uuid" and body.startswith(_CANON)), b"")
    blocks = dict(_bodies(tables))
    found = read_tiff(blocks.get(b"CMT1", b""))
    found.xmp = next((body[16:] for name, body in _bodies(data) if name == b"uuid" and body.startswith(_XMP)), None)
    if found.exif is not None:
        exif = read_exif(found.exif)
        for name, table in ((b"CMT2", EXIF_IFD), (b"CMT4", GPS_IFD)):
            with suppress(DamagedExifError):
                more = read_exif(blocks.get(name, b""))
                if more.order == exif.order:
                    exif.tables[table] = more.tables[ROOT]
        found.exif = write_exif(exif)
    return found


def _bodies(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the boxes that may hold tables; damage ends them."""
    with suppress(DamagedBoxesError):
        for name, start, end in islice(boxes(data), _BOXES):
            if end - start <= _LONGEST:
                yield name, data[start:end]


def _of_minolta(data: bytes) -> bytes:
    at = 8
    for _ in range(_BOXES):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] == b"\0TTW":
            return data[at + 8 : at + 8 + size]
        at += 8 + size
    return b""
