"""The pages of a TIFF and their tags, read without Pillow: it opens neither every page nor every kind."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

_PAGES = 100  # most that are looked at
_TAGS = 1000  # most read of a page; a photo has thirty
_VALUES = 16  # most read of a tag: of those that say what a picture is, none has more
_SIZES = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}  # bytes of a number, by type
_WIDTH, _HEIGHT = 256, 257
_KIND, _OLD_KIND, _SUB_PAGES, _DNG = 254, 255, 330, 50706
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
_LARGE = 43  # the version of a BigTIFF


@dataclass(slots=True)
class Page:
    """One page: where its table is, and its numbers by tag."""

    at: int
    tags: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def first(self, tag: int, otherwise: int) -> int:
        """Return the first number of a tag."""
        return self.tags.get(tag, (otherwise,))[0]


def is_large_and_big_endian(data: bytes) -> bool:
    """Whether this is a BigTIFF with the numbers of Motorola."""
    return data[:4] == b"MM\0+"


def read_pages(data: bytes) -> Iterator[Page]:
    """Yield the pages; damage ends them."""
    order = _order(data)

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], order)

    large = number(2, 2) == _LARGE
    counter, entry, pointer = (8, 20, 8) if large else (2, 12, 4)
    at, seen = number(pointer, pointer), set[int]()
    while at and at not in seen and at + counter <= len(data) and len(seen) < _PAGES:
        seen.add(at)
        page, count = Page(at), number(at, counter)
        after = at + counter + entry * count
        for place in range(at + counter, min(after, at + counter + entry * _TAGS, len(data) - entry + 1), entry):
            size, values = _SIZES.get(number(place + 2, 2), 0), number(place + 4, pointer)
            value_at = place + 4 + pointer
            if size * values > pointer:
                value_at = number(value_at, pointer)
            if size and 0 < values <= _VALUES and value_at + size * values <= len(data):
                page.tags[number(place, 2)] = tuple(number(value_at + size * i, size) for i in range(values))
        yield page
        at = number(after, pointer) if after + pointer <= len(data) else 0


def with_picture_first(data: bytes) -> bytes:
    """Return the TIFF with its first page of full size as the first one; the same bytes if it is that already.

    Some programs put a thumbnail before the picture, and say so. RAW files do too; these are left as they are.
    """
    pages = read_pages(data)
    first = next(pages, None)
    if first is None or not _is_small(first) or _SUB_PAGES in first.tags or _DNG in first.tags:
        return data
    picture = next((page for page in pages if not _is_small(page) and not page.first(_KIND, 0) & _MASK), first)
    if _pixels(picture) <= _pixels(first):  # it is the same, or nonsense
        return data
    order = _order(data)
    size = 8 if int.from_bytes(data[2:4], order) == _LARGE else 4
    return data[:size] + picture.at.to_bytes(size, order) + data[2 * size :]


def _order(data: bytes) -> Literal["little", "big"]:
    return "little" if data[:2] == b"II" else "big"


def _pixels(page: Page) -> int:
    return page.first(_WIDTH, 0) * page.first(_HEIGHT, 0)


def _is_small(page: Page) -> bool:
    return bool(page.first(_KIND, 0) & _REDUCED) or page.first(_OLD_KIND, 0) == _OLD_REDUCED
