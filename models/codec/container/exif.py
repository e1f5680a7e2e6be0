"""Corrects EXIF for a retouched picture: what is wrong, outdated or private goes, the rest stays as it is."""

from models.codec.container.credit import NOBODY, Credit
from models.codec.container.density import of_exif, put_into
from models.codec.container.exif_tables import (
    EXIF_IFD,
    GPS_IFD,
    INTEROP_IFD,
    LONG,
    MAKER_NOTE,
    RATIONAL,
    ROOT,
    SHORT,
    DamagedExifError,
    Exif,
    Value,
    read_exif,
    write_exif,
)
from models.codec.container.geometry import Geometry
from models.facts import Density

ORIENTATION = 0x0112
_WIDTHS, _HEIGHTS = (0x0100, 0xA002), (0x0101, 0xA003)
_X_RESOLUTION, _Y_RESOLUTION = 0x011A, 0x011B
_FOCAL_X, _FOCAL_Y = 0xA20E, 0xA20F
_SUBJECTS = (0x9214, 0xA214)  # a place in pixels: a point, a circle or a rectangle
_XMP, _IPTC = 0x02BC, 0x83BB
# Removed tags and their notes: other pictures (SubIFDs), XMP and IPTC, which have their own places, Photoshop's block.
_GONE = {0x014A: "thumbnail_dropped", _XMP: "", _IPTC: "", 0x8649: "photoshop_dropped", 0x935C: "photoshop_dropped"}
_GONE[0xC68C] = "thumbnail_dropped"  # the RAW file of a DNG
# Removed with the position: maker's notes, that of a DNG too, which may repeat it; places of maps (GeoTIFF, GDAL).
_PRIVATE = {MAKER_NOTE: "makernote_dropped", 0xC634: "makernote_dropped"}
_PRIVATE |= dict.fromkeys((33550, 33922, 34264, *range(34735, 34738), 42112, 42113), "gps_dropped")
_COLOUR_SPACE, _SRGB, _INTEROP_INDEX = 0xA001, 1, 1


def bare(block: bytes) -> bytes:
    """Return the block without the prefix that some containers put before it."""
    return block[6:] if block.startswith(b"Exif\0") else block


def orientation_of(block: bytes | None) -> int:
    """Return the orientation 1..8 of an EXIF block; 1 if it is missing or damaged."""
    try:
        orientation = read_exif(bare(block or b""), lambda tag: tag == ORIENTATION).number(ROOT, ORIENTATION)
    except DamagedExifError:
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def is_adobe_rgb(block: bytes | None) -> bool:
    """Whether the block declares Adobe RGB, as cameras do that embed no profile (DCF 2.0)."""
    try:
        exif = read_exif(bare(block or b""))
    except DamagedExifError:
        return False
    index = exif.tables[INTEROP_IFD].get(_INTEROP_INDEX)
    return exif.number(EXIF_IFD, _COLOUR_SPACE) != _SRGB and index is not None and index.data[:3] == b"R03"


def within(block: bytes | None) -> tuple[bytes | None, bytes | None]:
    """Return the XMP and the IPTC that some programs put into EXIF."""
    try:
        root = read_exif(bare(block or b"")).root
    except DamagedExifError:
        return None, None
    xmp, iptc = root.get(_XMP), root.get(_IPTC)
    return xmp.data if xmp else None, iptc.data if iptc else None


def patch_exif(
    block: bytes,
    width: int,
    height: int,
    strip_gps: bool = False,
    keep_orientation: bool = True,
    *,
    geometry: Geometry | None = None,
    density: Density | None = None,
    most: int | None = None,
    credit: Credit = NOBODY,
) -> tuple[bytes, list[str]]:
    """Return the block for a retouched, upright picture of `width` × `height` pixels, and notes.

    Orientation is 1 (or removed, without `keep_orientation`), and the dimensions are the actual ones. The thumbnail and
    every other picture go. With `strip_gps` also the position and the maker's note, which may repeat it. `density` is
    put in if the block has none, `credit` in place of what it has. If the block has more than `most` bytes, the maker's
    note goes, then the longest values. An empty block gives a new one, or nothing if nothing is put in. Raises
    DamagedExifError.
    """
    exif = read_exif(bare(block)) if block else Exif()
    notes = ["exif_damaged"] if exif.damaged else []
    notes += ["thumbnail_dropped"] if exif.thumbnail else []
    doomed = _GONE | (_PRIVATE if strip_gps else {})
    for table in (ROOT, EXIF_IFD):
        notes += [note for tag, note in doomed.items() if exif.tables[table].pop(tag, None) and note]
    if strip_gps:
        notes += ["gps_dropped"] if exif.tables[GPS_IFD] else []
        exif.tables[GPS_IFD] = {}
    _describe(exif, width, height, geometry or Geometry(1, (width, height), (width, height)))
    if not keep_orientation:
        exif.root.pop(ORIENTATION, None)
    if density is not None and density.tells and of_exif(exif) is None:
        put_into(exif, density)
    credit.put_into(exif)
    written = b"" if exif.is_empty() else write_exif(exif)
    if most is not None and len(written) > most:
        notes += _shorten(exif, most)
        written = write_exif(exif)
        if len(written) > most:
            raise DamagedExifError
    return written, list(dict.fromkeys(notes))


def _describe(exif: Exif, width: int, height: int, geometry: Geometry) -> None:
    numbers = dict.fromkeys(_WIDTHS, width) | dict.fromkeys(_HEIGHTS, height) | {ORIENTATION: 1}
    for table in (exif.root, exif.tables[EXIF_IFD]):
        for tag in numbers.keys() & table.keys():
            if table[tag].count == 1 and table[tag].type in (SHORT, LONG):
                kind = LONG if numbers[tag] > 0xFFFF else table[tag].type
                table[tag] = exif.numbers(kind, [numbers[tag]])
        for tag in [each for each in _SUBJECTS if each in table]:
            if geometry.turned or geometry.before != geometry.after:
                table[tag] = _placed(exif, table[tag], geometry)
        if geometry.swapped:
            _swap(table, _X_RESOLUTION, _Y_RESOLUTION)
            _swap(table, _FOCAL_X, _FOCAL_Y)


def _placed(exif: Exif, value: Value, geometry: Geometry) -> Value:
    """Return where the subject is now."""
    size = {SHORT: 2, LONG: 4}.get(value.type)
    if size is None or not 2 <= value.count <= 4:
        return value
    numbers = [int.from_bytes(value.data[at : at + size], exif.order) for at in range(0, len(value.data), size)]
    return exif.numbers(value.type, [min(number, 256**size - 1) for number in geometry.subject(numbers)])


def _swap(table: dict[int, Value], one: int, other: int) -> None:
    if one in table and other in table and table[one].type == table[other].type == RATIONAL:
        table[one], table[other] = table[other], table[one]


def _shorten(exif: Exif, most: int) -> list[str]:
    """Drop the maker's note, and if that is not enough the longest values; returns notes."""
    notes = ["makernote_dropped"] if exif.tables[EXIF_IFD].pop(MAKER_NOTE, None) else []
    sizes = sorted(
        (len(value.data), table, tag) for table, values in exif.tables.items() for tag, value in values.items()
    )
    total = 64 + sum(14 + size for size, _, _ in sizes)
    while sizes and total > most:
        size, table, tag = sizes.pop()
        del exif.tables[table][tag]
        total -= 14 + size
        notes.append("exif_shortened")
    return notes
