"""HEIC files for the codec's tests: written by libheif, and what it can't write put in box by box."""

import io
import struct

import numpy as np
import pillow_heif
from PIL import Image

P3 = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 6, "full_range_flag": 1}
PQ = {"color_primaries": 9, "transfer_characteristics": 16, "matrix_coefficients": 9, "full_range_flag": 1}
_NEW_ITEM = 90
LOSSLESS = {
    "quality": -1,
    "chroma": 444,
    "color_primaries": 1,
    "transfer_characteristics": 13,
    "matrix_coefficients": 0,
    "full_range_flag": 1,
}


def heic(image: Image.Image, **settings: object) -> bytes:
    """Write one picture, as it is; an orientation in `exif` becomes the container's turns too."""
    target = io.BytesIO()
    pillow_heif.encode(image.mode, image.size, image.tobytes(), target, **{"quality": 90, **settings})
    return target.getvalue()


def deep_heic(array: np.ndarray, bits: int, **settings: object) -> bytes:
    """Write (H, W) or (H, W, 3) uint16 with 10 or 12 bits."""
    target = io.BytesIO()
    pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
    mode = "L;16" if array.ndim == 2 else "RGB;16"
    pillow_heif.encode(mode, array.shape[1::-1], array.tobytes(), target, **settings)
    return target.getvalue()


def several(images: list[Image.Image], primary: int) -> bytes:
    """Write several pictures; `primary` is the one to show."""
    file = pillow_heif.HeifFile()
    for image in images:
        file.add_from_pillow(image)
    target = io.BytesIO()
    file.save(target, quality=90, primary_index=primary)
    return target.getvalue()


def with_auxiliary(data: bytes, use: str) -> bytes:
    """Turn the thumbnail of a file into an auxiliary picture: a gain map, a depth map, a matte."""
    boxes = dict(children(data[meta_at(data) + 12 : meta_end(data)]))
    properties = dict(children(boxes[b"iprp"]))
    urn = b"auxC" + bytes(4) + use.encode() + b"\0"
    properties[b"ipco"] += struct.pack(">I", len(urn) + 4) + urn
    number = len(children(properties[b"ipco"]))
    (item,) = struct.unpack_from(">H", boxes[b"iref"], boxes[b"iref"].index(b"thmb") + 4)
    properties[b"ipma"] = _owned(properties[b"ipma"], item, number)
    boxes[b"iprp"] = joined(properties)
    boxes[b"iref"] = boxes[b"iref"].replace(b"thmb", b"auxl")
    return with_meta(data, bytes(4) + joined(boxes))


def with_tone_map(data: bytes, numbers: bytes) -> bytes:
    """Hide the thumbnail of a file, and make it and the main picture parts of an item `tmap` with these numbers."""
    boxes = dict(children(data[meta_at(data) + 12 : meta_end(data)]))
    (main,) = struct.unpack_from(">H", boxes[b"pitm"], 4)
    (small,) = struct.unpack_from(">H", boxes[b"iref"], boxes[b"iref"].index(b"thmb") + 4)
    entries = [
        (name, body[:3] + b"\1" + body[4:] if body[4:6] == struct.pack(">H", small) else body)
        for name, body in children(boxes[b"iinf"][6:])
    ]
    entries.append((b"infe", struct.pack(">IHH", 0x02000000, _NEW_ITEM, 0) + b"tmap\0"))
    boxes[b"iinf"] = bytes(4) + struct.pack(">H", len(entries)) + b"".join(_box(*entry) for entry in entries)
    kept = [(name, body) for name, body in children(boxes[b"iref"][4:]) if name != b"thmb"]
    kept.append((b"dimg", struct.pack(">HHHH", _NEW_ITEM, 2, main, small)))
    boxes[b"iref"] = bytes(4) + b"".join(_box(*each) for each in kept)
    boxes[b"idat"] = numbers
    boxes[b"iloc"] = _placed(boxes[b"iloc"], len(numbers))
    return with_meta(data, bytes(4) + joined(boxes))


def _placed(table: bytes, length: int) -> bytes:
    """Return a table `iloc` of version 0, as libheif writes it, as one of version 1 with an item in `idat`."""
    assert (table[0], table[4:6]) == (0, b"\x44\x40"), "numbers of four bytes"
    (count,) = struct.unpack_from(">H", table, 6)
    at, rows = 8, b""
    for _ in range(count):
        item, source, base, extents = struct.unpack_from(">HHIH", table, at)
        rows += struct.pack(">HHHIH", item, 0, source, base, extents) + table[at + 10 : at + 10 + 8 * extents]
        at += 10 + 8 * extents
    rows += struct.pack(">HHHIHII", _NEW_ITEM, 1, 0, 0, 1, 0, length)
    return b"\1\0\0\0\x44\x40" + struct.pack(">H", count + 1) + rows


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def cropped(data: bytes, crop: bytes, place: int | None = None) -> bytes:
    """Give the first picture a clean aperture (the body of a `clap`), at a place among its properties (None: last)."""
    boxes = dict(children(data[meta_at(data) + 12 : meta_end(data)]))
    properties = dict(children(boxes[b"iprp"]))
    properties[b"ipco"] += struct.pack(">I", len(crop) + 8) + b"clap" + crop
    number = 0x80 | len(children(properties[b"ipco"]))  # one that must be understood
    table = properties[b"ipma"]
    owned = list(table[11 : 11 + table[10]])
    owned.insert(len(owned) if place is None else place, number)
    properties[b"ipma"] = table[:10] + bytes([len(owned), *owned]) + table[11 + table[10] :]
    boxes[b"iprp"] = joined(properties)
    return with_meta(data, bytes(4) + joined(boxes))


def with_meta(data: bytes, meta: bytes) -> bytes:
    """Put another `meta` box behind everything and hide the old one: what it refers to stays where it is."""
    at = meta_at(data)
    return data[: at + 4] + b"free" + data[at + 8 :] + struct.pack(">I", len(meta) + 8) + b"meta" + meta


def meta_at(data: bytes) -> int:
    return data.index(b"meta") - 4


def meta_end(data: bytes) -> int:
    at = meta_at(data)
    return at + int.from_bytes(data[at : at + 4], "big")


def children(body: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at < len(body):
        size = int.from_bytes(body[at : at + 4], "big")
        found.append((body[at + 4 : at + 8], body[at + 8 : at + size]))
        at += size
    return found


def joined(boxes: dict[bytes, bytes]) -> bytes:
    return b"".join(struct.pack(">I", len(body) + 8) + name + body for name, body in boxes.items())


def _owned(table: bytes, item: int, number: int) -> bytes:
    """Give an item one more property, in a table of version 0 with short numbers."""
    at = table.index(struct.pack(">H", item), 8)
    count = table[at + 2]
    return (
        table[: at + 2]
        + bytes([count + 1])
        + table[at + 3 : at + 3 + count]
        + bytes([number])
        + table[at + 3 + count :]
    )
