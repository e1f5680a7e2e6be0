"""Changes EXIF in place: walks the TIFF block and removes or corrects what is wrong for a retouched photo.

In place, because makers' notes hold offsets into the block: moved data would break them.
"""

from dataclasses import dataclass, field

ORIENTATION = 0x0112
_WIDTHS, _HEIGHTS = (0x0100, 0xA002), (0x0101, 0xA003)
_EXIF_IFD, _GPS_IFD, _INTEROP_IFD = 0x8769, 0x8825, 0xA005
_TABLES = (_EXIF_IFD, _GPS_IFD, _INTEROP_IFD)
# Removed tags and their notes: other pictures (SubIFDs), an XMP of its own, IPTC, Photoshop's block; with
# strip_gps also the position, and the maker's note, which may repeat it.
_ALWAYS_GONE = {0x014A: "thumbnail_dropped", 0x02BC: "", 0x83BB: "iptc_dropped", 0x8649: "photoshop_dropped"}
_PRIVATE = {_GPS_IFD: "gps_dropped", 0x927C: "makernote_dropped"}
_COLOUR_SPACE, _SRGB, _INTEROP_INDEX = 0xA001, 1, 1
_SHORT, _LONG = 3, 4
_MOST = 20_000  # most tags read; a camera writes a hundred, and overlapping tables could have any number
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}


class DamagedExifError(ValueError):
    """The block cannot be read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag of an IFD, with the offsets of the entry and of its value."""

    tag: int
    type: int
    count: int
    at: int  # offset of the 12 bytes of the entry
    value_at: int
    size: int  # bytes of the value

    @property
    def inline(self) -> bool:
        """Whether the value is in the entry itself."""
        return self.size <= 4


@dataclass(slots=True)
class Ifd:
    """A table of tags."""

    at: int
    entries: list[Entry] = field(default_factory=list)
    next_at: int = 0  # offset of the pointer to the next IFD


class TiffBlock:
    """A TIFF block (EXIF without its prefix), changed in place. Raises DamagedExifError."""

    def __init__(self, block: bytes) -> None:
        self.data = bytearray(block)
        self._left = _MOST
        self.order = {b"II": "little", b"MM": "big"}.get(bytes(block[:2]), "")
        if not self.order or len(block) < 8 or self.u16(2) != 42:
            raise DamagedExifError

    def u16(self, at: int) -> int:
        """Read two bytes."""
        return self._read(at, 2)

    def u32(self, at: int) -> int:
        """Read four bytes."""
        return self._read(at, 4)

    def write(self, at: int, value: int, size: int) -> None:
        """Write a number of `size` bytes."""
        self._read(at, size)
        self.data[at : at + size] = value.to_bytes(size, "little" if self.order == "little" else "big")

    def ifd(self, at: int) -> Ifd:
        """Read the table at `at`; tags with a value outside the block keep their entry."""
        count = self.u16(at)
        ifd = Ifd(at, next_at=at + 2 + 12 * count)
        self._read(at, 2 + 12 * count)
        self._left -= count
        if self._left < 0:
            raise DamagedExifError
        for entry_at in range(at + 2, ifd.next_at, 12):
            kind, number = self.u16(entry_at + 2), self.u32(entry_at + 4)
            size = _SIZES.get(kind, 0) * number
            value_at = entry_at + 8 if size <= 4 else self.u32(entry_at + 8)
            ifd.entries.append(Entry(self.u16(entry_at), kind, number, entry_at, value_at, size))
        return ifd

    def number(self, entry: Entry, index: int = 0) -> int:
        """Read a SHORT or LONG value; 0 for other types and for values outside the block."""
        size = {_SHORT: 2, _LONG: 4, 13: 4}.get(entry.type)
        at = entry.value_at + index * (size or 0)
        if size is None or index >= entry.count or at + size > len(self.data):
            return 0
        return self._read(at, size)

    def set_number(self, entry: Entry, value: int) -> None:
        """Write a single number in place; a SHORT that is too short becomes a LONG."""
        if entry.count != 1 or entry.type not in (_SHORT, _LONG):
            return
        kind = _LONG if value > 0xFFFF else entry.type
        self.write(entry.at + 2, kind, 2)
        self.write(entry.at + 8, 0, 4)
        self.write(entry.at + 8, value, 4 if kind == _LONG else 2)

    def remove(self, ifd: Ifd, tag: int) -> Ifd:
        """Remove a tag from its table; all values stay in place."""
        for entry in [entry for entry in ifd.entries if entry.tag == tag][::-1]:
            # The following entries and the pointer to the next IFD move up by one entry. The pointer is
            # copied, not moved: some writers leave it out and put a value there.
            end = min(len(self.data), ifd.next_at + 4)
            self.data[entry.at : end - 12] = self.data[entry.at + 12 : end]
            self.write(ifd.at, self.u16(ifd.at) - 1, 2)
            ifd = self.ifd(ifd.at)
        return ifd

    def _read(self, at: int, size: int) -> int:
        if at < 0 or at + size > len(self.data):
            raise DamagedExifError
        return int.from_bytes(self.data[at : at + size], "little" if self.order == "little" else "big")


def orientation_of(block: bytes | None) -> int:
    """Return the orientation 1..8 of an EXIF block; 1 if it is missing or damaged."""
    if not block:
        return 1
    try:
        tiff = TiffBlock(bare(block))
        for entry in tiff.ifd(tiff.u32(4)).entries:
            if entry.tag == ORIENTATION and 1 <= tiff.number(entry) <= 8:
                return tiff.number(entry)
    except DamagedExifError:
        return 1
    return 1


def bare(block: bytes) -> bytes:
    """Return the block without the prefix that some containers put before it."""
    return block[6:] if block.startswith(b"Exif\0") else block


def is_adobe_rgb(block: bytes | None) -> bool:
    """Whether the block declares Adobe RGB, as cameras do that embed no profile (DCF 2.0)."""
    if not block:
        return False
    try:
        tiff = TiffBlock(bare(block))
        exif = _table_below(tiff, tiff.ifd(tiff.u32(4)), _EXIF_IFD)
        interop = exif and _table_below(tiff, exif, _INTEROP_IFD)
        if exif is None or interop is None:
            return False
        srgb = any(entry.tag == _COLOUR_SPACE and tiff.number(entry) == _SRGB for entry in exif.entries)
        index = next((entry.value_at for entry in interop.entries if entry.tag == _INTEROP_INDEX), 0)
        return not srgb and tiff.data[index : index + 3] == b"R03"
    except DamagedExifError:
        return False


def _table_below(tiff: TiffBlock, ifd: Ifd, tag: int) -> Ifd | None:
    return next((tiff.ifd(tiff.number(entry)) for entry in ifd.entries if entry.tag == tag), None)


def patch_exif(
    block: bytes, width: int, height: int, strip_gps: bool = False, keep_orientation: bool = True
) -> tuple[bytes, list[str]]:
    """Return the block for a retouched, upright picture of `width` × `height` pixels, and notes.

    Orientation is 1 (or removed, without `keep_orientation`), and the dimensions are the actual ones. Bytes to
    which no kept tag refers become zero: the thumbnail and every other picture. With `strip_gps` also the
    position and the maker's note, which may repeat it, are removed. Raises DamagedExifError.
    """
    tiff = TiffBlock(bare(block))
    root = tiff.ifd(tiff.u32(4))
    notes = []
    if root.next_at + 4 <= len(tiff.data):
        notes += ["thumbnail_dropped"] if tiff.u32(root.next_at) else []
        tiff.write(root.next_at, 0, 4)
    doomed = _ALWAYS_GONE | (_PRIVATE if strip_gps else {}) | ({} if keep_orientation else {ORIENTATION: ""})
    for at in [root.at] + [tiff.number(entry) for entry in root.entries if entry.tag == _EXIF_IFD]:
        notes += _patch_table(tiff, at, doomed, width, height)
    return _swept(tiff), list(dict.fromkeys(notes))


def _patch_table(tiff: TiffBlock, at: int, doomed: dict[int, str], width: int, height: int) -> list[str]:
    ifd = tiff.ifd(at)
    notes = [doomed[entry.tag] for entry in ifd.entries if doomed.get(entry.tag)]
    for tag in doomed:
        ifd = tiff.remove(ifd, tag)
    for entry in ifd.entries:
        if entry.tag == ORIENTATION:
            tiff.set_number(entry, 1)
        elif entry.tag in _WIDTHS:
            tiff.set_number(entry, width)
        elif entry.tag in _HEIGHTS:
            tiff.set_number(entry, height)
    return notes


def _swept(tiff: TiffBlock) -> bytes:
    """Return the block with zeros where no tag refers to, cut after the last value."""
    swept = bytearray(len(tiff.data))
    end = 0
    for start, size in _referred(tiff):
        stop = start + size
        if stop <= len(swept):  # ignore values outside the block
            swept[start:stop] = tiff.data[start:stop]
            end = max(end, stop)
    return bytes(swept[:end])


def _referred(tiff: TiffBlock) -> list[tuple[int, int]]:
    """List (offset, size) of the header, of the tables and of their values."""
    ranges, seen = [(0, 8)], set[int]()
    waiting = [tiff.u32(4)]
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        ifd = tiff.ifd(at)
        ranges += [(at, ifd.next_at - at), (ifd.next_at, 4)]
        ranges += [(entry.value_at, entry.size) for entry in ifd.entries if not entry.inline]
        waiting += [tiff.number(entry) for entry in ifd.entries if entry.tag in _TABLES]
    return ranges
