"""The chunks of a PNG: properties that Pillow does not report."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from models.codec.container.density import of_phys, phys_body
from models.codec.container.png_texts import RAW, TEXTS, TextChunks, unpacked
from models.facts import Density, Text

_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_PIXELS = (b"tRNS", b"acTL", b"fcTL", b"fdAT")  # chunks without which a picture looks different
_COLOUR_TYPE, _GREY = 25, (b"\0", b"\4")  # offset in the file; grey without and with alpha
_HEADER_END = 33  # offset behind signature and IHDR
_UNSPECIFIED = 2  # a code point that names nothing
_GAMMAS = range(10_000, 1_000_001)  # what pictures have; the rest is damage


class Described(NamedTuple):
    """Colours as gAMA and cHRM describe them, in units of 1/100,000."""

    gamma: int = 0  # signal = light ** gamma; 0 if it is not told
    corners: tuple[int, ...] = ()  # x and y of white, red, green and blue; empty if they are not told


@dataclass(slots=True)
class PngFile:
    """The properties of a PNG."""

    grey: bool = False
    clear_grey: int | None = None  # the level that is transparent, of grey without alpha
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    code_points: tuple[int, int] | None = None  # primaries and transfer, as ITU-T H.273 numbers them
    described: Described | None = None  # None also where a chunk of higher rank tells of the colours
    frames: int = 1
    iptc: bytes | None = None
    texts: tuple[Text, ...] = ()
    density: Density | None = None
    notes: list[str] = field(default_factory=list)


def read_chunks(data: bytes) -> PngFile:
    """Read the chunks; damaged ones are left out, and the end of the data ends the reading.

    Of the chunks that tell of colours cICP counts most, then iCCP, sRGB, and last gAMA with cHRM (PNG, third edition).
    """
    texts, profile = TextChunks(), False
    png = PngFile(grey=data[_COLOUR_TYPE : _COLOUR_TYPE + 1] in _GREY)
    for name, start, end in chunks(data):
        if name == b"iCCP" and not profile:  # there is one at most, and each might be a bomb
            profile = True
            png.icc = unpacked(data[start:end].partition(b"\0")[2][1:])  # after its name and the method
            png.notes += [] if png.icc else ["bad_profile"]
        elif name == b"eXIf":
            png.exif = png.exif or data[start:end]
        elif name in TEXTS:
            texts.add(name, data[start:end])
        elif name == b"pHYs":
            png.density = png.density or of_phys(data[start:end])
        elif name == b"cICP" and end - start == 4 and _UNSPECIFIED not in data[start : start + 2]:
            png.code_points = data[start], data[start + 1]
        elif name == b"tRNS" and end - start == 2 and data[_COLOUR_TYPE] == 0:
            png.clear_grey = int.from_bytes(data[start:end], "big")
        elif name == b"acTL":
            png.frames = int.from_bytes(data[start : start + 4], "big")
        elif name == b"caBX":
            png.notes.append("c2pa_dropped")
    png.exif = png.exif or texts.exif
    png.xmp, png.iptc, png.texts = texts.xmp, texts.iptc, tuple(texts.texts)
    png.notes += texts.notes
    if not png.code_points and not png.icc:
        png.described = _described(data)
    return png


def exif_in(data: bytes) -> bytes | None:
    """Return the EXIF of a PNG, and look at nothing else."""
    texts = TextChunks()
    for name, start, end in chunks(data):
        if name == b"eXIf" and end > start:
            return data[start:end]
        if name in TEXTS and data.startswith(RAW, start):
            texts.add(name, data[start:end])
    return texts.exif


def _described(data: bytes) -> Described | None:
    """Return what gAMA and cHRM tell before the picture; None if they tell nothing, or sRGB outranks them."""
    described = Described()
    for name, start, end in chunks(data):
        if name == b"sRGB":
            return None
        if name == b"IDAT":
            break
        if name == b"gAMA" and end - start == 4:
            gamma = int.from_bytes(data[start:end], "big")
            described = described._replace(gamma=gamma if gamma in _GAMMAS else 0)
        elif name == b"cHRM" and end - start == 32:
            described = described._replace(corners=struct.unpack(">8I", data[start:end]))
    return described if any(described) else None


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of the body of each complete chunk, up to the end of the picture."""
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            return
        name = data[at + 4 : at + 8]
        yield name, at + 8, end
        if name == b"IEND":
            return
        at = end + 4


def ends_early(data: bytes) -> bool:
    """Whether the end of the picture is missing; bytes behind it do not count."""
    return b"IEND" not in data[-32:] and all(name != b"IEND" for name, _, _ in chunks(data))


def intact(data: bytes) -> bool:
    """Whether the chunks are complete, and those of the picture have correct checksums.

    libpng trusts lengths: a few bytes that claim 3 GB would make it allocate them.
    """
    view, last = memoryview(data), b""
    for name, start, end in chunks(data):
        if name in _CRITICAL and zlib.crc32(view[start - 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return False
        last = name
    return last == b"IEND"


def with_density(png: bytes, density: Density) -> bytes:
    """Return a PNG with its resolution, in a chunk behind its header."""
    chunk = b"pHYs" + phys_body(density)
    chunk = (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    return b"".join([png[:_HEADER_END], chunk, memoryview(png)[_HEADER_END:]])


def only_pixels(data: bytes) -> bytes:
    """Return a PNG with the chunks that its pixels need: Pillow refuses a file for any other that is damaged."""
    view = memoryview(data)
    kept = [view[:8], *(view[start - 8 : end + 4] for name, start, end in chunks(data) if _is_needed(name))]
    end = sum(map(len, kept))
    last = max((end + 4 for _, _, end in chunks(data)), default=8)
    return data if end == last else b"".join([*kept, view[last:]])


def _is_needed(name: bytes) -> bool:
    return name in _PIXELS or not name[0] & 0x20  # critical ones begin with a capital letter
