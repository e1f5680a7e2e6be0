"""Files as strangers send them: real ones of every kind, flipped, cut, spliced, doubled and made extreme."""

import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from hypothesis import strategies as st

from tests.models.codec.codec_samples import PHOTO, camera_jpeg, exif_block, saved, wide_profile, xmp_packet
from tests.models.codec.deep_samples import deep_png, deep_tiff
from tests.models.codec.gain_map.hdr_samples import apple_heic, apple_photo, standard_heic, ultra_hdr
from tests.models.codec.heic_samples import cropped, heic
from tests.models.codec.inputs import INPUTS, photo_in
from tests.models.codec.png_samples import corners, gamma, with_chunks
from tests.models.codec.raw.raw_samples import dng
from tests.models.codec.text_samples import datasets, irb, raw_profile, text_chunk, with_segments
from tests.models.codec.tiff_samples import odd_tiff, pages

SMALL = PHOTO.resize((61, 43))
_DEEP = np.asarray(SMALL).astype(np.uint16) * 257
_LINEAR = (np.asarray(SMALL.resize((64, 44))) / 255) ** 2.2
_WIDE = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
_IPTC = datasets((1, 90, b"\x1b%G"), (2, 120, b"a caption"), (2, 25, b"a word"), (2, 55, b"20240506"))
_TEXTS = [
    *(text_chunk(name, "Title", b"a title") for name in ("tEXt", "zTXt", "iTXt", "iTXt packed")),
    *(raw_profile(kind, body) for kind, body in (("exif", exif_block()), ("iptc", irb(_IPTC)), ("xmp", xmp_packet()))),
]
SEEDS: dict[str, bytes] = {
    **{name: photo_in(name, SMALL, 6, exif=exif_block(6), xmp=xmp_packet()) for name in INPUTS},
    "jpeg with a profile": photo_in("jpeg", SMALL, exif=exif_block(1), icc=wide_profile()),
    "jpeg of a camera": camera_jpeg()[:9000],
    "progressive jpeg": saved(SMALL, "JPEG", progressive=True),
    "jpeg in CMYK": saved(SMALL.convert("CMYK"), "JPEG"),
    "png with a palette": saved(SMALL.quantize(16), "PNG", transparency=2),
    "moving png": saved(SMALL, "PNG", save_all=True, append_images=[SMALL.rotate(9)] * 2),
    "moving webp": saved(SMALL, "WEBP", save_all=True, append_images=[SMALL.rotate(9)] * 2),
    "cropped avif": cropped(saved(SMALL, "AVIF"), struct.pack(">IIIIiIiI", 21, 1, 13, 1, 0, 1, 0, 1)),
    "png with gamma and corners": with_chunks(saved(SMALL, "PNG"), before=gamma(1) + corners(*_WIDE)),
    "lossy webp": saved(SMALL, "WEBP", exif=exif_block()),
    "moving avif": saved(SMALL, "AVIF", save_all=True, append_images=[SMALL.rotate(9)] * 2),
    "heic of tiles": heic(SMALL, tile_size=32),
    "hdr jpeg": ultra_hdr(),
    "hdr jpeg of Apple": apple_photo(),
    "hdr heic of Apple": apple_heic(6),
    "hdr heic": standard_heic(6),
    "tiff of strips": saved(SMALL, "TIFF", exif=exif_block()),
    "tiff of two pages": saved(SMALL, "TIFF", compression="jpeg", save_all=True, append_images=[SMALL]),
    "tiff of 16 bits, deflated": deep_tiff(_DEEP, compression=[8], packing=zlib.compress),
    "plain png of 16 bits": deep_png(_DEEP),
    "tiff of shared colours": odd_tiff(8, 3, 6, body=bytes(range(256)) * 18, t530=[2, 2]),
    "tiff with a thumbnail": pages([saved(SMALL.resize((8, 6)), "TIFF"), saved(SMALL, "TIFF")], [1, 0]),
    "raw of a mosaic": dng(_LINEAR, orientation=6, more={700: (1, xmp_packet())}),
    "packed raw": dng(_LINEAR, packed=True),
    "raw with a JPEG": dng(_LINEAR, preview=saved(SMALL, "JPEG", exif=exif_block())),
    "gif": saved(SMALL, "GIF", comment=b"written by hand"),
    "jpeg with texts": with_segments(
        saved(SMALL, "JPEG", comment=b"by hand", dpi=(300, 200)),
        (0xED, b"Photoshop 3.0\0" + irb(_IPTC)),
        (0xFE, b"second"),
    ),
    "png with texts": with_chunks(saved(SMALL, "PNG", dpi=(300, 200)), before=b"".join(_TEXTS)),
    "moving gif": saved(SMALL, "GIF", save_all=True, append_images=[SMALL.rotate(9)] * 2),
    "bmp": saved(SMALL, "BMP"),
    "bmp with a palette": saved(SMALL.quantize(16), "BMP"),
}
_EXTREMES = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_HEAD = 800  # bytes in which most of a file's structure stands
_LONG = 2**20  # bytes of a file that is not doubled again: it is refused as it is
_CONTAINERS = (b"meta", b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl", b"iinf", b"iref")

Span = tuple[int, int]


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """Draw one: a seed, and up to six things that happened to it."""
    data = SEEDS[draw(st.sampled_from(sorted(SEEDS)))]
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 2, 3, 6)))):
        data = _MUTATIONS[draw(st.sampled_from(sorted(_MUTATIONS)))](draw, data) or b"\0"
    return mended(data) if data.startswith(b"\x89PNG") and draw(st.booleans()) else data


def parts(data: bytes) -> list[Span]:
    """List the spans of segments, chunks, boxes, tags or blocks, whatever the file has."""
    for magic, walk in _WALKS.items():
        if data.startswith(magic):
            return list(walk(data))
    return list(_boxes(data, 0, len(data))) if data[4:8] == b"ftyp" else list(_fields(data))


def mended(png: bytes) -> bytes:
    """Give each chunk the check sum that it should have, so that decoders look at what is in it."""
    data = bytearray(png)
    for start, end in _png_chunks(png):
        data[end - 4 : end] = struct.pack(">I", zlib.crc32(data[start + 4 : end - 4]))
    return bytes(data)


def _flip(draw: st.DrawFn, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 8))):
        changed[_somewhere(draw, data)] = draw(st.integers(0, 255))
    return bytes(changed)


def _cut(draw: st.DrawFn, data: bytes) -> bytes:
    return data[: draw(st.integers(1, len(data)))]


def _splice(draw: st.DrawFn, data: bytes) -> bytes:
    """Put a piece of another file, or of this one, somewhere; in the place of something or between."""
    other = draw(st.sampled_from([data, *SEEDS.values()]))
    start, at = _somewhere(draw, other), _somewhere(draw, data)
    piece = other[start : start + draw(st.integers(1, 2000))]
    return data[:at] + piece + data[at + (len(piece) if draw(st.booleans()) else 0) :]


def _double(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _part(draw, data)
    if len(data) > _LONG:
        return data
    return data[:end] + data[start:end] * draw(st.sampled_from((1, 1, 2, 50))) + data[end:]


def _leave_out(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _part(draw, data)
    return data[:start] + data[end:]


def _move(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _part(draw, data)
    rest = data[:start] + data[end:]
    at, _ = _part(draw, rest or b"\0")
    return rest[:at] + data[start:end] + rest[at:]


def _exaggerate(draw: st.DrawFn, data: bytes) -> bytes:
    """Set a number at the beginning of a part, or anywhere in the head, to an extreme."""
    size = draw(st.sampled_from((1, 2, 4, 8)))
    if draw(st.booleans()):
        start, end = _part(draw, data)
        at = min(start + draw(st.integers(0, 24)), max(start, end - size))
    else:
        at = _somewhere(draw, data)
    number = draw(st.sampled_from(_EXTREMES)) % 256**size
    order = draw(st.sampled_from(("little", "big")))
    return data[:at] + number.to_bytes(size, order) + data[at + size :]  # type: ignore[arg-type]


_MUTATIONS: dict[str, Callable[[st.DrawFn, bytes], bytes]] = {
    "flip": _flip,
    "cut": _cut,
    "splice": _splice,
    "double": _double,
    "leave out": _leave_out,
    "move": _move,
    "exaggerate": _exaggerate,
    "exaggerate again": _exaggerate,
}


def _somewhere(draw: st.DrawFn, data: bytes) -> int:
    return draw(st.integers(0, (min(len(data), _HEAD) if draw(st.booleans()) else len(data)) - 1))


def _part(draw: st.DrawFn, data: bytes) -> Span:
    found = [(start, end) for start, end in parts(data) if start < end <= len(data)]
    return draw(st.sampled_from(found)) if found else (0, len(data))


def _jpeg_segments(data: bytes) -> Iterator[Span]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield at, end
        if data[at + 1] == 0xDA:
            yield end, len(data)
            return
        at = end


def _png_chunks(data: bytes) -> Iterator[Span]:
    at = 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        yield at, end
        at = end


def _riff_chunks(data: bytes) -> Iterator[Span]:
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield at, at + 8 + size + size % 2
        at += 8 + size + size % 2


def _boxes(data: bytes, at: int, stop: int) -> Iterator[Span]:
    while at + 8 <= stop:
        size = int.from_bytes(data[at : at + 4], "big")
        if not 8 <= size <= stop - at:
            return
        yield at, at + size
        name = data[at + 4 : at + 8]
        if name in _CONTAINERS:  # `meta`, `iinf` and `iref` have a version before what they hold
            yield from _boxes(data, at + {b"meta": 12, b"iref": 12, b"iinf": 14}.get(name, 8), at + size)
        at += size


def _tiff_tags(data: bytes) -> Iterator[Span]:
    order = "little" if data.startswith(b"II") else "big"
    at = int.from_bytes(data[4:8], order)
    number = int.from_bytes(data[at : at + 2], order)  # type: ignore[arg-type]
    yield from ((tag, tag + 12) for tag in range(at + 2, min(at + 2 + 12 * number, len(data)), 12))


def _gif_blocks(data: bytes) -> Iterator[Span]:
    at = 13 + (3 << (data[10] & 7) + 1 if len(data) > 10 and data[10] & 0x80 else 0)
    yield 6, at
    while at < len(data):
        end = data.find(b"\0", at + 8)
        yield at, (end + 1 if end >= 0 else len(data))
        at = end + 1 if end >= 0 else len(data)


def _fields(data: bytes) -> Iterator[Span]:
    return ((at, at + 4) for at in range(0, min(len(data) - 4, 64), 2))


_WALKS: dict[bytes, Callable[[bytes], Iterator[Span]]] = {
    b"\xff\xd8": _jpeg_segments,
    b"\x89PNG": _png_chunks,
    b"RIFF": _riff_chunks,
    b"II*\0": _tiff_tags,
    b"MM\0*": _tiff_tags,
    b"GIF8": _gif_blocks,
}
