"""The metadata of a TIFF, which is among the tags that say how its pixels are stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from PIL import Image

from models.codec.container.exif import ORIENTATION
from models.codec.container.exif_tables import (
    EXIF_IFD,
    LONG,
    MAKER_NOTE,
    DamagedExifError,
    Exif,
    Order,
    Value,
    read_exif,
    write_exif,
)
from models.codec.container.iptc import iptc_in

XMP, _IPTC, _PHOTOSHOP, ICC = 700, 33723, 34377, 34675
_STRIPS, _STRIP_SIZES = 273, 279
# How pixels are stored, and pages (TIFF 6.0 and its supplements); sizes of a photo that was scanned.
_STRUCTURE = {
    *(*range(254, 267), 273, *range(277, 282), 284, *range(288, 294), 297, 301, *range(317, 326)),
    *(*range(332, 348), 351, *range(512, 522), *range(529, 533), 559, *range(32995, 32999), ICC),
}
# Tags of 32,768 and more that describe a photo, besides those of EXIF: copyright, exposure, Windows' texts, printing.
_DESCRIPTIVE = {33432, 33434, 33437, 34850, 34852, *range(34855, 34870), *range(0x9C9B, 0x9CA0), 0xC4A5}
_OF_EXIF = range(0x9000, 0xA501)
_LEFT_OUT = {  # tags that are not read
    330: "thumbnail_dropped",  # further pictures, usually smaller
    37724: "photoshop_dropped",  # its layers
    52545: "c2pa_dropped",
}
_OF_THE_PAGE = (ORIENTATION, 282, 283, 296)
_PINNED = 2**16  # a maker's note that stood behind that is moved: no block is that long
_WORDS = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4}  # bytes of a number


@dataclass(slots=True)
class TiffMetadata:
    """The metadata of a TIFF."""

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    notes: list[str] = field(default_factory=list)  # on what the result will not have


def orientation_of_tiff(image: Image.Image) -> int:
    """Return the orientation 1..8 of an opened TIFF; 1 if it is missing or invalid."""
    orientation = getattr(image, "tag_v2", {}).get(ORIENTATION, 1)
    return orientation if orientation in range(1, 9) else 1


def read_tiff(data: bytes, before: bytes | None = None) -> TiffMetadata:
    """Read the metadata of a TIFF's first page, and what only the first page of the file `before` has."""
    found = TiffMetadata()
    pages, there = list[Exif](), set[int]()

    def wanted(tag: int) -> bool:
        there.add(tag)
        return tag not in _STRUCTURE and tag not in _LEFT_OUT

    for file in (data, before):
        try:
            pages += [read_exif(file, wanted)] if file else []
        except DamagedExifError:
            found.notes.append("exif_dropped")
    for page in pages:
        xmp, iptc, photoshop = (page.root.get(tag) for tag in (XMP, _IPTC, _PHOTOSHOP))
        found.xmp = found.xmp or (xmp.data if xmp else None)
        found.iptc = found.iptc or (_in_order(iptc.data) if iptc else iptc_in(photoshop.data) if photoshop else None)
        for tag in (XMP, _IPTC, _PHOTOSHOP):
            page.root.pop(tag, None)
        unknown = [tag for tag in page.root if not _is_descriptive(tag)]
        for tag in unknown:
            del page.root[tag]
        found.notes += ["tiff_tags_dropped"] if unknown else []
        found.notes += ["exif_damaged"] if page.damaged else []
    found.notes += [note for tag, note in _LEFT_OUT.items() if tag in there]
    found.notes += ["photoshop_dropped"] if _PHOTOSHOP in there else []
    found.notes = list(dict.fromkeys(found.notes))
    exif = pages[0] if pages else Exif()
    for page in pages[1:]:
        _fill(exif, page)
    note = exif.tables[EXIF_IFD].get(MAKER_NOTE)
    if note and (note.at or 0) + len(note.data) > _PINNED:
        exif.tables[EXIF_IFD][MAKER_NOTE] = Value(note.type, note.count, note.data)
    found.exif = None if exif.is_empty() else write_exif(exif)
    return found


def graft_exif(tiff: bytes, block: bytes) -> bytes:
    """Return a TIFF of 8 bits with the tags of an EXIF block in its first table.

    The file gets the byte order of the block, because only the few tags of structure are known well enough to be
    turned. Raises DamagedExifError.
    """
    picture, exif = read_exif(tiff), descriptive(block)
    places, sizes = (
        [picture.number(0, tag, index) for index in range(picture.root[tag].count)] for tag in (_STRIPS, _STRIP_SIZES)
    )
    exif.root.update({tag: _turned(value, picture.order, exif.order) for tag, value in picture.root.items()})
    return assembled(exif, [memoryview(tiff)[at : at + size] for at, size in zip(places, sizes, strict=True)])


def descriptive(block: bytes) -> Exif:
    """Return the tags of an EXIF block that describe a photo, not how pixels are stored. Raises DamagedExifError."""
    exif = read_exif(block)
    exif.tables[0] = {tag: value for tag, value in exif.root.items() if tag not in _STRUCTURE}
    return exif


def assembled(exif: Exif, strips: Sequence[bytes | memoryview]) -> bytes:
    """Return a TIFF of these tags and strips."""
    sizes = [len(strip) for strip in strips]
    exif.root[_STRIP_SIZES] = exif.numbers(LONG, sizes)
    exif.root[_STRIPS] = exif.numbers(LONG, sizes)
    start = len(write_exif(exif))
    exif.root[_STRIPS] = exif.numbers(LONG, accumulate(sizes[:-1], initial=start))
    return b"".join([write_exif(exif), *strips])


def _is_descriptive(tag: int) -> bool:
    return tag < 2**15 or tag in _DESCRIPTIVE or tag in _OF_EXIF


def _fill(exif: Exif, other: Exif) -> None:
    """Put in what another page has and this one lacks."""
    for name, table in other.tables.items():
        for tag, value in table.items():
            if tag not in exif.tables[name] and not (name == 0 and tag in _OF_THE_PAGE):
                exif.tables[name][tag] = _turned(value, other.order, exif.order)


def _turned(value: Value, order: Order, wanted: Order) -> Value:
    """Return a value in another byte order; one of bytes stays as it is."""
    size = _WORDS.get(value.type)
    if order == wanted or size is None:
        return value
    words = (value.data[at : at + size][::-1] for at in range(0, len(value.data), size))
    return Value(value.type, value.count, b"".join(words))


def _in_order(iim: bytes) -> bytes:
    """Return IPTC whose words some writers turned, because they call it a series of LONGs."""
    turned = b"".join(iim[at : at + 4][::-1] for at in range(0, len(iim), 4))
    return turned if iim[:1] != b"\x1c" and turned[:1] == b"\x1c" else iim
