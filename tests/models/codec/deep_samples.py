"""PNG and TIFF of 16 bits a channel, written byte by byte: Pillow can't, and OpenCV leaves metadata out."""

import struct
import zlib

import numpy as np

DEEP = np.random.default_rng(16).integers(0, 65_536, (43, 61, 4), dtype=np.uint16)  # noise: nothing hides in it
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def deep_png(array: np.ndarray, *, before: bytes = b"", after: bytes = b"") -> bytes:
    """Write (H, W, 1..4) uint16 with whole chunks `before` and `after` the pixels."""
    height, width, channels = array.shape
    rows = array.astype(">u2").reshape(height, -1).view(np.uint8)
    packed = zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes())
    head = struct.pack(">IIBBBBB", width, height, 16, COLOUR_TYPES[channels], 0, 0, 0)
    half = len(packed) // 2
    pixels = chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + pixels + after + chunk(b"IEND", b"")


def deep_tiff(array: np.ndarray, *, order: str = "<", large: bool = False, **tags: object) -> bytes:
    """Write (H, W, channels) uint16; `tags` override or add tags by name, `large` makes a BigTIFF."""
    height, width, channels = array.shape
    planes = tags.get("planar") == [2]
    pixels = (array.transpose(2, 0, 1) if planes else array).astype(order + "u2").tobytes()
    packing = tags.pop("packing", None)
    body = packing(pixels) if callable(packing) else pixels
    start = 16 if large else 8
    piece = len(body) // channels if planes else len(body)
    count = channels if planes else 1
    known: dict[int, object] = {
        256: [width],
        257: [height],
        258: [16] * channels,
        259: [1],
        262: [2 if channels >= 3 else 1],
        273: [start + piece * index for index in range(count)],
        277: [channels],
        278: [height],
        279: [piece] * count,
    }
    known |= {NAMES[name]: value for name, value in tags.items()}
    return tiff_of(known, body, order, large)


NAMES = {
    "bits": 258,
    "compression": 259,
    "photometric": 262,
    "orientation": 274,
    "planar": 284,
    "predictor": 317,
    "extra": 338,
    "sample_format": 339,
    "xmp": 700,
    "icc": 34675,
}


_LONG = (254, 256, 257, 273, 278, 279, 324, 325)  # tags of four bytes


def tiff_of(tags: dict[int, object], body: bytes, order: str = "<", large: bool = False) -> bytes:
    """Write a TIFF of one page whose pixels follow the header."""
    offset, entry_size, inline = ("Q", 20, 8) if large else ("I", 12, 4)
    header = struct.pack(order + "2sH", b"II" if order == "<" else b"MM", 43 if large else 42)
    header += struct.pack(order + "HHQ", 8, 0, 16 + len(body)) if large else struct.pack(order + "I", 8 + len(body))
    table = struct.pack(order + ("Q" if large else "H"), len(tags))
    rest_at = len(header) + len(body) + len(table) + entry_size * len(tags) + inline
    entries, rest = b"", b""
    for tag, value in sorted(tags.items()):
        kind, count, raw = (7, len(value), value) if isinstance(value, bytes) else _numbers(tag, value, order)
        if len(raw) > inline:
            raw, rest = struct.pack(order + offset, rest_at + len(rest)), rest + raw + bytes(len(raw) % 2)
        entries += struct.pack(order + "HH" + offset, tag, kind, count) + raw.ljust(inline, b"\0")
    return header + body + table + entries + bytes(inline) + rest


def _numbers(tag: int, value: object, order: str) -> tuple[int, int, bytes]:
    assert isinstance(value, list)
    kind, code = (4, "I") if tag in _LONG else (3, "H")
    return kind, len(value), struct.pack(f"{order}{len(value)}{code}", *value)
