"""Small files that would cost much: time in metadata that nobody counted, memory in what unpacks. None may take long.

Each of these took from seconds to minutes, or would take as much memory as it likes; a watchdog ends what still does.
"""

import contextlib
import resource
import signal
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode, read_header
from models.errors import PhotoError
from tests.models.codec.codec_samples import PHOTO, exif_block, saved
from tests.models.codec.deep_samples import chunk, deep_png, deep_tiff
from tests.models.codec.heic_samples import heic

SMALL = PHOTO.resize((61, 43))


def unpacking_to(megabytes: int) -> bytes:
    packing = zlib.compressobj(9)
    return b"".join(packing.compress(bytes(1 << 20)) for _ in range(megabytes)) + packing.flush()


PNG, JPEG, TIFF, GIF = (saved(SMALL, name) for name in ("PNG", "JPEG", "TIFF", "GIF"))
BOMB = unpacking_to(300)
PATIENCE_S = 20.0  # none takes one; a slow machine may
MOST_MEMORY = 250 << 20


def in_png(*chunks: bytes) -> bytes:
    at = PNG.index(b"IDAT") - 4
    return PNG[:at] + b"".join(chunks) + PNG[at:]


def in_jpeg(*segments: tuple[int, bytes]) -> bytes:
    parts = [b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in segments]
    return JPEG[:2] + b"".join(parts) + JPEG[2:]


def tags(*entries: tuple[int, int, int, int]) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + bytes(4)


def overlapping(tag: int) -> bytes:
    """Tables that begin at every second byte of what all of them hold."""
    start = 14 + 12 * 2000
    return tags(*((tag, 4, 1, start + 2 * index) for index in range(2000))) + b"\0\3" * 19_000


def pages(number: int) -> bytes:
    data = bytearray(TIFF)
    at = int.from_bytes(data[4:8], "little")
    size = 2 + 12 * int.from_bytes(data[at : at + 2], "little")
    table, pointer = bytes(data[at : at + size]), at + size
    data += bytes(len(data) % 2)
    page = table + bytes(4 + size % 2)
    for _ in range(number):
        data[pointer : pointer + 4] = struct.pack("<I", len(data))
        pointer = len(data) + size
        data += page
    return bytes(data)


def retagged(tiff: bytes, **values: tuple[int, int, int]) -> bytes:
    """Give tags another type, count and value."""
    data, at = bytearray(tiff), int.from_bytes(tiff[4:8], "little")
    for entry in range(at + 2, at + 2 + 12 * int.from_bytes(tiff[at : at + 2], "little"), 12):
        tag = int.from_bytes(data[entry : entry + 2], "little")
        if (value := values.get(f"t{tag}")) is not None:
            data[entry + 2 : entry + 12] = struct.pack("<HII", *value)
    return bytes(data)


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def auxiliary(number: int) -> bytes:
    """A HEIC of as many references to one auxiliary picture, whose name is long."""
    use = box(b"ipco", box(b"auxC", bytes(4) + b"x" * 100_000 + b"\0"))
    owners = box(b"ipma", bytes(4) + struct.pack(">I", 3000) + (struct.pack(">HB", 2, 255) + b"\1" * 255) * 3000)
    refers = box(b"iref", bytes(4) + box(b"auxl", struct.pack(">HHH", 2, 1, 1)) * number)
    tables = box(b"pitm", bytes(4) + b"\0\1") + box(b"iprp", use + owners) + refers
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", bytes(4) + tables)


def frames(number: int) -> bytes:
    tiny = saved(Image.new("P", (4, 4)), "GIF")
    head = 13 + (3 << (tiny[10] & 7) + 1 if tiny[10] & 0x80 else 0)
    return tiny[:head] + tiny[head:-1] * number + b";"


def second_head(png: bytes) -> bytes:
    """Of two heads a decoder believes the last one; a pointer for each of its rows takes 640 MB."""
    head = png[16:29]
    return png[:33] + chunk(b"IHDR", struct.pack(">II", 1, 80_000_000) + head[8:]) + png[33:]


DEEP = np.zeros((40, 50, 3), np.uint16)
PACKED = deep_tiff(DEEP, compression=[8], packing=lambda pixels: BOMB)
BOMBS = {
    "png, profile that unpacks to 300 MB": in_png(chunk(b"iCCP", b"x\0\0" + BOMB)),
    "png, text that unpacks to 300 MB": in_png(chunk(b"zTXt", b"x\0\0" + BOMB)),
    "png, XMP that unpacks to 300 MB": in_png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + BOMB)),
    "png of 16 bits, XMP that unpacks to 300 MB": deep_png(
        DEEP, before=chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + BOMB)
    ),
    "png of 16 bits, profile that unpacks to 300 MB": deep_png(DEEP, before=chunk(b"iCCP", b"x\0\0" + BOMB)),
    "png, many texts": in_png(*[chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(1 << 20)))] * 100),
    "png, more pixels than it says": PNG[: PNG.index(b"IDAT") - 4] + chunk(b"IDAT", BOMB) + chunk(b"IEND", b""),
    "png, 2^31 frames": in_png(chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))),
    "png, a second and larger head": second_head(PNG),
    "png of 16 bits, a second and larger head": second_head(deep_png(DEEP)),
    "png, large EXIF": in_png(chunk(b"eXIf", exif_block() + bytes(20 << 20))),
    "jpeg, large profile": in_jpeg(
        *((0xE2, b"ICC_PROFILE\0" + bytes([n + 1, 255]) + bytes(65_000)) for n in range(255))
    ),
    "jpeg, many EXIFs": in_jpeg(*[(0xE1, b"Exif\0\0" + bytes(65_000))] * 300),
    "jpeg, EXIF of tags that go": in_jpeg((0xE1, b"Exif\0\0" + tags(*[(0x927C, 7, 4, 0)] * 5000))),
    "jpeg, EXIF of tables over one another": in_jpeg((0xE1, b"Exif\0\0" + overlapping(0x8825))),
    "jpeg, EXIF of Exif tables over one another": in_jpeg((0xE1, b"Exif\0\0" + overlapping(0x8769))),
    "tiff of 100,000 pages": pages(100_000),
    "tiff, 2^28 strips": retagged(TIFF, t273=(4, 2**28, 8), t279=(4, 2**28, 8)),
    "tiff, strips of no rows": retagged(TIFF, t278=(4, 1, 0)),
    "tiff, 65,535 samples": retagged(TIFF, t277=(3, 1, 65_535)),
    "tiff of 16 bits, 2^28 strips": retagged(deep_tiff(DEEP), t273=(4, 2**28, 8), t279=(4, 2**28, 8)),
    "tiff of 16 bits, strip that unpacks to 300 MB": PACKED,
    "gif of 100,000 frames": frames(100_000),
    "heic, 60,000 references": auxiliary(60_000),
    "heic, a box in a box in a box": heic(SMALL)[:36] + box(b"meta", bytes(4) + box(b"iref", bytes(4)) * 90_000),
}


@pytest.fixture(autouse=True)
def watched() -> Iterator[None]:
    usual = signal.signal(signal.SIGALRM, lambda *_: pytest.fail(f"took more than {PATIENCE_S} s"))
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, usual)


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_small_costs_little(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with contextlib.suppress(PhotoError):
        read_header(BOMBS[name], Limits())
        picture = decode(BOMBS[name], Limits())
        assert picture.pixels.nbytes < 20_000
        encode(picture, OutputOptions(metadata="strip_gps"))
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10 < MOST_MEMORY
