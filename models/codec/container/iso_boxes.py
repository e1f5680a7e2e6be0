"""The boxes of HEIC and AVIF (ISO 14496-12, 23008-12): the items of a file and their relations.

Parsed here and not by a library, because the ingress needs them and should load no decoder.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

_TABLES = 2**20  # longest table that is read, in bytes; a photo of 48 tiles has 1,200 and its colour profile
_META = 2**22  # all tables together, with EXIF and XMP that some writers put among them


class DamagedBoxesError(ValueError):
    """A box that claims more than it contains."""


@dataclass(slots=True)
class Items:
    """The tables of a `meta` box."""

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    references: list[tuple[bytes, int, list[int]]] = field(default_factory=list)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    owned: dict[int, list[int]] = field(default_factory=dict)  # item: its properties, counted from 1

    def of(self, item: int) -> list[tuple[bytes, bytes]]:
        """List (name, body) of an item's properties in their order."""
        return [self.properties[at - 1] for at in self.owned.get(item, []) if 0 < at <= len(self.properties)]

    def targets(self, kind: bytes, item: int) -> list[int]:
        """List what an item refers to."""
        return [
            target for name, source, targets in self.references if (name, source) == (kind, item) for target in targets
        ]


class Cursor:
    """Big-endian numbers one after the other."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def take(self, size: int) -> bytes:
        """Read the next bytes; raises DamagedBoxesError if there are too few."""
        piece = self._body[self._at : self._at + size]
        if len(piece) < size:
            raise DamagedBoxesError
        self._at += size
        return piece

    def number(self, size: int) -> int:
        """Read the next number of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def version(self) -> tuple[int, int]:
        """Read the start of a full box: version and flags."""
        return self.number(1), self.number(3)


def boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each body; the last may end after the data."""
    at = 0
    while at + 8 <= len(data):
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = size or len(data) - at
        if size < head:
            raise DamagedBoxesError
        yield data[at + 4 : at + 8], at + head, at + size
        at += size


def _children(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    for name, start, end in boxes(body):
        if end > len(body):
            raise DamagedBoxesError
        yield name, body[start:end]


def read_items(meta: bytes) -> Items:
    """Read the body of a `meta` box. Raises DamagedBoxesError."""
    if len(meta) > _META:
        raise DamagedBoxesError
    items = Items()
    for name, body in _children(meta[4:]):
        read = _READERS.get(name)
        if read is not None:
            if len(body) > _TABLES:
                raise DamagedBoxesError
            read(items, body)
    return items


def _read_primary(items: Items, body: bytes) -> None:
    cursor = Cursor(body)
    version, _ = cursor.version()
    items.primary = cursor.number(4 if version else 2)


def _read_kinds(items: Items, body: bytes) -> None:
    skipped = 8 if body[:1] > b"\0" else 6  # version, flags and number of entries
    for name, entry in _children(body[skipped:]):
        cursor = Cursor(entry)
        version, flags = cursor.version()
        if name != b"infe" or version < 2:
            continue
        item = cursor.number(4 if version > 2 else 2)
        cursor.take(2)
        items.kinds[item] = cursor.take(4)
        if flags & 1:
            items.hidden.add(item)


def _read_references(items: Items, body: bytes) -> None:
    width = 4 if body[:1] > b"\0" else 2
    for name, entry in _children(body[4:]):
        cursor = Cursor(entry)
        source, count = cursor.number(width), cursor.number(2)
        items.references.append((name, source, [cursor.number(width) for _ in range(count)]))


def _read_properties(items: Items, body: bytes) -> None:
    for name, table in _children(body):
        if name == b"ipco":
            items.properties += _children(table)
        elif name == b"ipma":
            _read_owners(items, Cursor(table))


def _read_owners(items: Items, cursor: Cursor) -> None:
    version, flags = cursor.version()
    width, mask = (2, 0x7FFF) if flags & 1 else (1, 0x7F)
    for _ in range(cursor.number(4)):
        item = cursor.number(4 if version else 2)
        owned = items.owned.setdefault(item, [])
        owned += [cursor.number(width) & mask for _ in range(cursor.number(1))]


_READERS = {b"pitm": _read_primary, b"iinf": _read_kinds, b"iref": _read_references, b"iprp": _read_properties}
