"""The tables of an EXIF block or a TIFF file, read to tags and written again (TIFF 6.0, Exif 3.0).

Values stay the bytes that they are, so text keeps its encoding and numbers their byte order.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

Order = Literal["little", "big"]

ROOT, EXIF_IFD, GPS_IFD, INTEROP_IFD = 0, 0x8769, 0x8825, 0xA005  # tables, by the tags that point to them
MAKER_NOTE = 0x927C
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
_POINTERS = (EXIF_IFD, GPS_IFD, INTEROP_IFD)
_IFD, _LONG8, _IFD8 = 13, 16, 18  # an offset; eight bytes, in BigTIFF
_MOST = 20_000  # most tags read; a camera writes a hundred, and overlapping tables could have any number
_MOST_BYTES = 16 * 2**20  # most that are kept of a file
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 18: 8}
_SIZES[129] = 1  # UTF-8, new in Exif 3.0
_NUMBERS = {SHORT: 2, LONG: 4, _IFD: 4, _LONG8: 8, _IFD8: 8}


class DamagedExifError(ValueError):
    """The block cannot be read."""


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a tag, in the byte order of its file."""

    type: int
    count: int
    data: bytes
    at: int | None = field(default=None, compare=False)  # where it stood, if it was not within its entry


Table = dict[int, Value]


@dataclass(slots=True)
class Exif:
    """The tags by table. A table that is not there has none; pointers are not among the tags."""

    order: Order = "little"
    tables: dict[int, Table] = field(default_factory=lambda: {table: {} for table in (ROOT, *_POINTERS)})
    thumbnail: bool = False  # whether a second picture follows
    damaged: bool = False  # whether a part could not be read

    @property
    def root(self) -> Table:
        """The tags of the picture."""
        return self.tables[ROOT]

    def number(self, table: int, tag: int, index: int = 0) -> int:
        """Return a SHORT or LONG; 0 if there is none."""
        value = self.tables[table].get(tag)
        size = _NUMBERS.get(value.type) if value else None
        if value is None or size is None or index >= value.count:
            return 0
        return int.from_bytes(value.data[index * size : (index + 1) * size], self.order)

    def numbers(self, kind: int, numbers: Iterable[int]) -> Value:
        """Make a value of SHORTs, LONGs or RATIONALs; those are given as numerator and denominator."""
        size = 2 if kind == SHORT else 4
        data = b"".join(number.to_bytes(size, self.order) for number in numbers)
        return Value(kind, len(data) // _SIZES[kind], data)

    def is_empty(self) -> bool:
        """Whether there is no tag at all."""
        return not any(self.tables.values())


def read_exif(block: bytes, wanted: Callable[[int], bool] = lambda _: True) -> Exif:
    """Read the tables of a block or file, of the first one only the tags that are `wanted`.

    What lies outside of the block is left out. Raises DamagedExifError if no tag can be read.
    """
    return _Reader(block).read(wanted)


class _Reader:
    def __init__(self, block: bytes) -> None:
        order: Order | None = {b"II": "little", b"MM": "big"}.get(block[:2])  # type: ignore[assignment]
        if order is None or len(block) < 8:
            raise DamagedExifError
        self._data, self._exif = block, Exif(order)
        version = self._number(2, 2)
        if version not in (42, 43):
            raise DamagedExifError
        self._large = version == 43
        self._offset = 8 if self._large else 4  # bytes
        self._tags_left, self._bytes_left = _MOST, min(len(block), _MOST_BYTES)

    def read(self, wanted: Callable[[int], bool]) -> Exif:
        exif, seen = self._exif, set[int]()
        waiting = [(ROOT, self._number(self._offset, self._offset))]
        while waiting:
            table, at = waiting.pop()
            if at in seen or exif.tables[table]:
                exif.damaged = True
                continue
            seen.add(at)
            found = self._table(at, wanted if table == ROOT else lambda _: True, first=table == ROOT)
            for tag in _POINTERS:
                pointer = found.pop(tag, None)
                if pointer is not None:
                    waiting.append((tag, int.from_bytes(pointer.data, exif.order)))
            exif.tables[table] = found
        if exif.is_empty() and exif.damaged:
            raise DamagedExifError
        return exif

    def _table(self, at: int, wanted: Callable[[int], bool], *, first: bool) -> Table:
        counter, entry_size = (8, 20) if self._large else (2, 12)
        start = at + counter
        if at < 8 or start > len(self._data):
            self._exif.damaged = True
            return {}
        count = self._number(at, counter)
        whole = min(count, (len(self._data) - start) // entry_size, self._tags_left)
        self._tags_left -= whole
        table, wrong = Table(), count - whole
        for place in range(start, start + whole * entry_size, entry_size):
            tag = self._number(place, 2)
            if (not wanted(tag) and tag not in _POINTERS) or tag in table:
                continue
            value = self._value(place)
            if value is not None:
                table[tag] = value
            elif tag:  # some cameras fill a table with zeros
                wrong += 1
        self._exif.damaged |= wrong > 0
        if first:
            end = start + count * entry_size
            self._exif.thumbnail = 8 <= self._number(end, self._offset) < len(self._data)
        elif wrong > len(table):  # the pointer is wrong: what is there was something else
            return {}
        return table

    def _value(self, place: int) -> Value | None:
        kind, count = self._number(place + 2, 2), self._number(place + 4, self._offset)
        size = _SIZES.get(kind, 0) * count
        at = place + 4 + self._offset
        inline = size <= self._offset
        if not inline:
            at = self._number(at, self._offset)
        if not size or at < 8 or at + size > len(self._data) or size > self._bytes_left:
            return Value(kind, 0, b"") if kind in _SIZES and not count else None
        self._bytes_left -= 0 if inline else size
        data = self._data[at : at + size]
        if kind in (_LONG8, _IFD8):  # an EXIF block knows only four bytes
            wide = [int.from_bytes(data[i : i + 8], self._exif.order) for i in range(0, size, 8)]
            if max(wide) >= 2**32:
                return None
            return self._exif.numbers(LONG, wide)
        return Value(kind, count, data, None if inline else at)

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self._data[at : at + size], self._exif.order)


def write_exif(exif: Exif) -> bytes:
    """Return the block. The maker's note stays where it was, because offsets in it may count from the block's start."""
    note = exif.tables[EXIF_IFD].get(MAKER_NOTE)
    return _Writer(exif, note if note and note.at else None).written()


class _Writer:
    """Puts tables and long values into the block, around the maker's note."""

    def __init__(self, exif: Exif, pinned: Value | None) -> None:
        self._exif, self._pinned = exif, pinned
        self._block = bytearray((b"II" if exif.order == "little" else b"MM") + self._number(42, 2) + self._number(8, 4))
        self._before = len(self._block)  # the next free byte before the pinned value, and behind it
        self._behind = max(self._before, (pinned.at or 0) + len(pinned.data) if pinned else 0)
        self._behind += self._behind % 2

    def written(self) -> bytes:
        if self._pinned is not None:
            self._put(self._pinned.at or 0, self._pinned.data)
        self._block[4:8] = self._number(self._table(ROOT), 4)
        return bytes(self._block)

    def _table(self, name: int) -> int:
        table = dict(self._exif.tables[name])
        below = {ROOT: (EXIF_IFD, GPS_IFD), EXIF_IFD: (INTEROP_IFD,)}.get(name, ())
        below = tuple(tag for tag in below if self._exif.tables[tag] or (tag == EXIF_IFD and self._has_interop()))
        at = self._room(2 + 12 * (len(table) + len(below)) + 4)
        entries = {tag: self._entry(tag, value) for tag, value in table.items()}
        for tag in below:
            entries[tag] = self._number(tag, 2) + self._number(LONG, 2) + self._number(1, 4)
            entries[tag] += self._number(self._table(tag), 4)
        body = self._number(len(entries), 2) + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
        self._put(at, body)
        return at

    def _has_interop(self) -> bool:
        return bool(self._exif.tables[INTEROP_IFD])

    def _entry(self, tag: int, value: Value) -> bytes:
        head = self._number(tag, 2) + self._number(value.type, 2) + self._number(value.count, 4)
        if len(value.data) <= 4:
            return head + value.data.ljust(4, b"\0")
        if value is self._pinned:
            return head + self._number(value.at or 0, 4)
        at = self._room(len(value.data))
        self._put(at, value.data)
        return head + self._number(at, 4)

    def _room(self, size: int) -> int:
        size += size % 2
        if self._pinned is None or self._before + size > (self._pinned.at or 0):
            at, self._behind = self._behind, self._behind + size
        else:
            at, self._before = self._before, self._before + size
        return at

    def _put(self, at: int, data: bytes) -> None:
        end = at + len(data)
        self._block.extend(bytes(max(0, end - len(self._block))))
        self._block[at:end] = data

    def _number(self, number: int, size: int) -> bytes:
        return number.to_bytes(size, self._exif.order)
