"""Finds the gain map of a JPEG, which lies behind the picture as a JPEG of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import simplejpeg

from models.codec.container.exif_tables import DamagedExifError, read_exif
from models.codec.container.jpeg_segments import APP2, BESIDE, SOS, JpegFile, places, read_segments, segment
from models.codec.container.xmp.names import name
from models.codec.container.xmp.tree import DamagedXmpError, parse
from models.codec.gain_map import adobe, apple, iso
from models.codec.gain_map.iso import UnknownError
from models.codec.gain_map.shape import fits
from models.codec.orientation import turned
from models.errors import PhotoError
from models.gain_map import GainMap, Samples, Scale

MPF = b"MPF\0"
ENTRIES, ENTRY_BYTES = 0xB002, 16  # of CIPA DC-007: attributes, size, offset, two dependent pictures
_DIGITS = 12  # of a length that can be true; Python refuses to read some thousands
_MOST = 8  # pictures in a file that are looked at
_KEPT = (b"JFIF\0", b"Adobe")  # beginnings of segments that say how samples are colours


@dataclass(frozen=True, slots=True)
class Found:
    """A gain map, and whether the file holds further pictures."""

    gain_map: GainMap
    others: bool


def map_of_jpeg(data: bytes, jpeg: JpegFile, orientation: int) -> Found | None:
    """Return the upright map of a file, of which `jpeg` holds the segments; None if none is understood."""
    behind = list(_behind(data, jpeg))
    for candidate in behind:
        try:
            found = _map(candidate, jpeg, orientation)
        except (UnknownError, PhotoError, ValueError):
            continue
        if found is not None:
            return Found(found, others=len(behind) > 1)
    return None


def _behind(data: bytes, jpeg: JpegFile) -> Iterator[bytes]:
    """Yield what the file says are further JPEGs."""
    places = dict[int, int]()  # starts and ends
    for start, end in [*_by_mpf(data), *_by_container(data, jpeg.xmp)][:_MOST]:
        places.setdefault(start, end)
    for start, end in places.items():
        if 0 < start < end <= len(data) and data[start : start + 3] == b"\xff\xd8\xff":
            yield data[start:end]


def _by_mpf(data: bytes) -> Iterator[tuple[int, int]]:
    for marker, start, end in places(data):
        if marker != APP2 or not data.startswith(MPF, start):
            continue
        header = start + len(MPF)  # from which offsets count
        try:
            block = read_exif(data[header:end])
        except DamagedExifError:
            return
        entries = block.root[ENTRIES].data if ENTRIES in block.root else b""
        for at in range(0, len(entries) - ENTRY_BYTES + 1, ENTRY_BYTES):
            size, offset = (int.from_bytes(entries[at + i : at + i + 4], block.order) for i in (4, 8))
            if offset:
                yield header + offset, header + offset + size
        return


def _by_container(data: bytes, packet: bytes | None) -> Iterator[tuple[int, int]]:
    """Yield the items of Google's container that lie behind the picture, whose lengths count from the file's end."""
    try:
        root = parse(packet)[0] if packet else None
    except DamagedXmpError:
        return
    end = len(data)
    items = [dict(node.values()) for node in root.iter() if node.value(name("Item:Semantic"))] if root else []
    for item in reversed(items[1:]):
        length, padding = (item.get(name(f"Item:{local}"), "0") for local in ("Length", "Padding"))
        if not all(number.isdecimal() and len(number) <= _DIGITS for number in (length, padding)):
            return
        start = end - int(length)
        yield start, end
        end = start - int(padding)


def _map(candidate: bytes, of: JpegFile, orientation: int) -> GainMap | None:
    """Raises UnknownError, PhotoError, ValueError."""
    jpeg = read_segments(candidate)
    scale = _by_iso(candidate) or (adobe.read(jpeg.xmp) if jpeg.xmp else None)
    headroom = apple.headroom_of(jpeg.xmp, of.exif) if scale is None and jpeg.xmp else None
    if scale is None and headroom is None:
        return None
    if not _is_like(jpeg, of):
        raise UnknownError
    file = _bare(candidate)
    samples: Samples = simplejpeg.decode_jpeg(file, "GRAY" if jpeg.components == 1 else "RGB", strict=True)
    kept: bytes | None = file
    if headroom is not None:
        samples, scale = apple.standard(samples[:, :, :1], headroom)
        kept = None
    if scale is None:
        return None
    return GainMap(turned(samples, orientation), scale, jpeg.icc, kept if orientation == 1 else None)


def _by_iso(candidate: bytes) -> Scale | None:
    """Raises UnknownError."""
    for marker, start, end in places(candidate):
        if marker == APP2 and candidate.startswith(iso.SEGMENT, start) and end - start > len(iso.VERSION):
            return iso.read(candidate[start + len(iso.SEGMENT) : end])
    return None


def _is_like(jpeg: JpegFile, of: JpegFile) -> bool:
    """Whether a picture may be the map of another one, and may be decoded."""
    decodable = jpeg.precision == 8 and not jpeg.lossless and jpeg.components in (1, 3)
    return decodable and fits(jpeg.width, jpeg.height, of.width, of.height)


def _bare(candidate: bytes) -> bytes:
    """Return a JPEG without metadata and without what lies behind its end."""
    parts, scan = [candidate[:2]], len(candidate)
    for marker, start, end in places(candidate):
        if marker == SOS:
            scan = start - 2
        elif marker not in BESIDE or candidate[start : start + 5] in _KEPT:
            parts.append(segment(marker, candidate[start:end]))
    end = candidate.rfind(b"\xff\xd9")
    return b"".join([*parts, candidate[scan : end + 2]])
