"""The content of items of a HEIC or AVIF, as it stands in the file (ISO 14496-12, `iloc`; 23008-12, annex A)."""

from collections.abc import Iterator

from models.codec.container.iso_boxes import Cursor, DamagedBoxesError, boxes, read_items
from models.codec.container.iso_picture import meta_of
from models.errors import PhotoError

_KIND = b"Exif"
_IN_FILE, _IN_META = 0, 1  # what an offset counts from
_MOST = 10_000  # extents that are read
_LARGEST = 16 * 2**20  # bytes of a block


def exif_of_avif(data: bytes) -> bytes | None:
    """Return the block of the first item that holds EXIF; None if there is none or it is damaged.

    Pillow changes that of an AVIF whose container turns the picture otherwise than its EXIF says.
    """
    try:
        meta, _ = meta_of(data)
        items = read_items(meta)
        item = next((number for number, kind in items.kinds.items() if kind == _KIND), None)
        if item is None:
            return None
        body = content(data, meta, item)
    except (DamagedBoxesError, PhotoError):
        return None
    start = 4 + int.from_bytes(body[:4], "big")  # the first number tells how far away the block is
    return body[start:] or None


def content(data: bytes, meta: bytes, item: int) -> bytes:
    """Return the bytes of an item; `meta` is the body of the file's box of that name. Raises DamagedBoxesError."""
    tables = {name: meta[4:][start:end] for name, start, end in boxes(meta[4:])}
    return b"".join(
        (data if method == _IN_FILE else tables.get(b"idat", b""))[offset : offset + length]
        for method, offset, length in _extents(tables.get(b"iloc", b""), item)
    )


def _extents(table: bytes, wanted: int) -> Iterator[tuple[int, int, int]]:
    """Yield method, offset and length of the pieces of an item."""
    cursor, left = Cursor(table), _MOST
    version, _ = cursor.version()
    sizes = cursor.number(2)
    of_offset, of_length, of_base, of_index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(cursor.number(4 if version == 2 else 2)):
        item = cursor.number(4 if version == 2 else 2)
        method = cursor.number(2) & 15 if version else _IN_FILE
        cursor.take(2)
        base, count = cursor.number(of_base), cursor.number(2)
        left -= count + 1
        if left < 0:
            raise DamagedBoxesError
        for _ in range(count):
            cursor.take(of_index if version else 0)
            offset, length = base + cursor.number(of_offset), cursor.number(of_length)
            if item == wanted and method in (_IN_FILE, _IN_META):
                yield method, offset, min(length or _LARGEST, _LARGEST)
        if item == wanted:
            return
