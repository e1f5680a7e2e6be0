"""RAW files made of TIFF tags (DNG 1.4): a Bayer mosaic of 16 bits, with previews and metadata."""

import struct
from dataclasses import dataclass, field

import numpy as np

BLACK, WHITE = 1024, 15_000
NEUTRAL = (0.5, 1.0, 0.625)  # of a white surface the camera sees so much red, green and blue
# From XYZ (D65) to the camera's colours: sRGB's matrix (IEC 61966-2-1), times what the camera sees of white.
_SRGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 10: 8}

Tags = dict[int, tuple[int, bytes]]


@dataclass
class Table:
    """One table of tags, the tables below it by the tag that points to them, and its pixels, or its picture as JPEG."""

    tags: Tags
    below: dict[int, list["Table"]] = field(default_factory=dict)
    body: bytes = b""


def short(*values: int) -> tuple[int, bytes]:
    return 3, struct.pack(f"<{len(values)}H", *values)


def long(*values: int) -> tuple[int, bytes]:
    return 4, struct.pack(f"<{len(values)}I", *values)


def rationals(*values: float, signed: bool = False) -> tuple[int, bytes]:
    pairs = [number for value in values for number in (round(value * 10_000), 10_000)]
    return (10, struct.pack(f"<{len(pairs)}i", *pairs)) if signed else (5, struct.pack(f"<{len(pairs)}I", *pairs))


def text(value: str) -> tuple[int, bytes]:
    return 2, value.encode() + b"\0"


def mosaic(scene: np.ndarray) -> np.ndarray:
    """(H, W, 3) of linear sRGB in 0..1 to the numbers (H, W) of a sensor with red, green / green, blue."""
    seen = np.clip(scene * NEUTRAL, 0, 1) * (WHITE - BLACK) + BLACK
    bayer = seen[..., 1].copy()
    bayer[::2, ::2], bayer[1::2, 1::2] = seen[::2, ::2, 0], seen[1::2, 1::2, 2]
    return bayer.round().astype(np.uint16)


def lossless(samples: np.ndarray) -> bytes:
    """Pack (H, W) uint16 as a lossless JPEG (ITU-T T.81, annex H): each sample by that before it."""
    height, width = samples.shape
    before = np.roll(samples.astype(int), 1, axis=1)
    before[1:, 0], before[0, 0] = samples[:-1, 0], 1 << 15  # a row begins with what is above, the first with the middle
    bits = []
    for step in ((samples - before + (1 << 15)) % (1 << 16) - (1 << 15)).ravel().tolist():
        size = abs(step).bit_length()
        bits.append(
            f"{size:05b}" + (f"{step if step > 0 else step + (1 << size) - 1:0{size}b}" if 0 < size < 16 else "")
        )
    packed = "".join(bits)
    packed += "1" * (-len(packed) % 8)
    body = int(packed, 2).to_bytes(len(packed) // 8, "big").replace(b"\xff", b"\xff\0")
    codes = bytes([0, *(0, 0, 0, 0, 17), *bytes(11), *range(17)])  # each size of a step by five bits
    frame = struct.pack(">BHHBBBB", 16, height, width, 1, 1, 0x11, 0)
    scan = bytes([1, 1, 0, 1, 0, 0])  # predicted by the sample to the left
    segments = ((0xC3, frame), (0xC4, codes), (0xDA, scan))
    head = b"".join(struct.pack(">BBH", 0xFF, marker, len(piece) + 2) + piece for marker, piece in segments)
    return b"\xff\xd8" + head + body + b"\xff\xd9"


def dng(
    scene: np.ndarray,
    *,
    orientation: int = 1,
    packed: bool = False,
    preview: bytes | None = None,
    sensor: Tags | None = None,
    more: Tags | None = None,
    exif: Tags | None = None,
    interop: Tags | None = None,
) -> bytes:
    """Write a scene as stored, (H, W, 3) of linear sRGB, as a DNG that `orientation` turns; a preview is a JPEG.

    Further tags, which may replace the usual ones, go into the tables of the sensor, the file, EXIF or its
    interoperability.
    """
    height, width = scene.shape[:2]
    matrix = (np.diag(NEUTRAL) @ _SRGB).ravel()
    pixels: Tags = {
        254: long(0),
        256: long(width),
        257: long(height),
        258: short(16),
        259: short(7 if packed else 1),
        262: short(32803),
        277: short(1),
        278: long(height),
        284: short(1),
        33421: short(2, 2),
        33422: (1, b"\0\1\1\2"),
        50714: short(BLACK),
        50717: short(WHITE),
        **(sensor or {}),
    }
    samples = mosaic(scene)
    below = [Table(pixels, body=lossless(samples) if packed else samples.astype("<u2").tobytes())]
    if preview is not None:
        small: Tags = {254: long(1), 259: short(7), 262: short(6), 258: short(8, 8, 8), 277: short(3)}
        side = struct.unpack(">HH", preview[(at := preview.index(b"\xff\xc0") + 5) : at + 4])
        small |= {256: long(side[1]), 257: long(side[0]), 278: long(side[0])}
        below.append(Table(small, body=preview))
    tags: Tags = {
        254: long(1),
        256: long(16),
        257: long(16),
        258: short(8, 8, 8),
        259: short(1),
        262: short(2),
        271: text("Maker"),
        272: text("Model 1"),
        274: short(orientation),
        277: short(3),
        278: long(16),
        306: text("2024:05:06 07:08:09"),
        50706: (1, b"\1\4\0\0"),
        50708: text("Maker Model 1"),
        50721: rationals(*matrix, signed=True),
        50728: rationals(*NEUTRAL),
        50778: short(21),
        **(more or {}),
    }
    taken: Tags = {36867: text("2024:05:06 07:08:09"), 33434: rationals(0.01), 34855: short(200), **(exif or {})}
    below_exif = {40965: [Table(interop)]} if interop else {}
    degrees = rationals(48, 8, 15)
    gps = Table({1: text("N"), 2: degrees, 3: text("E"), 4: degrees})
    return written(Table(tags, {330: below, 34665: [Table(taken, below_exif)], 34853: [gps]}, bytes(16 * 16 * 3)))


def written(root: Table) -> bytes:
    """Write a little-endian TIFF: the tables, and behind them what they describe."""
    data, bodies = bytearray(b"II*\0" + bytes(4)), list[tuple[int, bytes]]()
    data[4:8] = struct.pack("<I", _put(data, root, bodies))
    for at, body in bodies:
        data[at : at + 4] = struct.pack("<I", _append(data, body))
    return bytes(data)


def _put(data: bytearray, table: Table, bodies: list[tuple[int, bytes]]) -> int:
    """Append a table, after those below it; returns its place. `bodies` gets what must still be placed."""
    tags = dict(table.tags)
    for tag, others in table.below.items():
        tags[tag] = long(*(_put(data, each, bodies) for each in others))
    if table.body:
        tags |= {273: long(0), 279: long(len(table.body))}
    entries = b""
    for tag, (kind, value) in sorted(tags.items()):
        held = value if len(value) <= 4 else struct.pack("<I", _append(data, value))
        entries += struct.pack("<HHI", tag, kind, len(value) // _SIZES[kind]) + held.ljust(4, b"\0")
    at = _append(data, struct.pack("<H", len(tags)) + entries + bytes(4))
    if table.body:
        bodies.append((at + 2 + 12 * sorted(tags).index(273) + 8, table.body))
    return at


def _append(data: bytearray, piece: bytes) -> int:
    data += bytes(len(data) % 2)
    at = len(data)
    data += piece
    return at
