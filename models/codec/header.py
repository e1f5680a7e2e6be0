"""Reads the header of a file, before any pixel is decoded. Needs only Pillow; the ingress uses it for uploads."""

from dataclasses import dataclass
from typing import NamedTuple

from models.codec.container import refusal
from models.codec.container.exif import orientation_of
from models.codec.container.iso_picture import crop_of, read_picture
from models.codec.container.jpeg_segments import read_segments
from models.codec.container.png_chunks import exif_in
from models.codec.container.sniff import sniff
from models.codec.container.tiff_depth import check_depth, unsupported
from models.codec.container.tiff_pages import with_picture_first
from models.codec.pillow import opened
from models.codec.raw.kinds import is_installed, is_raw_tiff
from models.errors import PhotoError

NAMES = {
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WebP",
    "avif": "AVIF",
    "heic": "HEIC",
    "tiff": "TIFF",
    "bmp": "BMP",
    "gif": "GIF",
    "raw": "RAW",
}
MAX_SIDE = 100_000  # pixels; an extremely long, thin picture would be padded to square cells
_AVIF_SCAN = 65_536  # bytes searched for boxes of properties


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest allowed photo."""

    max_pixels: int = 100_000_000
    max_bytes: int = 100 * 2**20


@dataclass(frozen=True, slots=True)
class Header:
    """Format and size; width and height as displayed, after EXIF orientation.

    Those of a RAW file are 0: only LibRaw knows them, which is opened in workers alone.
    """

    format: str
    width: int
    height: int
    bits: int = 8  # a channel, of PNG and TIFF


class _Stored(NamedTuple):
    """The picture as stored."""

    width: int
    height: int
    orientation: int = 1
    bits: int = 8


def read_header(data: bytes | memoryview, limits: Limits) -> Header:
    """Check everything that needs no allocation of pixels.

    Raises PhotoError: `empty_file`, `too_large`, `unsupported_media`, `too_many_pixels`,
    `unsupported_bit_depth`, `truncated`, `corrupt`.
    """
    if len(data) > limits.max_bytes:
        raise refusal.too_large(len(data), limits.max_bytes)
    data = bytes(data)
    name = sniff(data)
    if name == "raw" or (name == "tiff" and is_raw_tiff(data)):
        if not is_installed():
            raise refusal.raw_not_installed()
        return Header("raw", 0, 0, 16)
    stored = _READERS[name](data, limits)
    width, height = stored.width, stored.height
    check_size(width, height, limits)
    if stored.orientation >= 5:
        width, height = height, width
    return Header(name, width, height, stored.bits)


def check_size(width: int, height: int, limits: Limits) -> None:
    """Raise PhotoError `corrupt` or `too_many_pixels` where a size is none or too large."""
    if width <= 0 or height <= 0:
        raise refusal.corrupt()
    if width * height > limits.max_pixels:
        raise refusal.too_many_pixels(width, height, limits.max_pixels)
    if max(width, height) > MAX_SIDE:
        raise refusal.too_long(width, height, MAX_SIDE)


def _jpeg(data: bytes, limits: Limits) -> _Stored:
    jpeg = read_segments(data)
    check_size(jpeg.width, jpeg.height, limits)
    if jpeg.precision != 8:
        raise refusal.unsupported_bit_depth("JPEG", f"{jpeg.precision} bits")
    if jpeg.lossless:
        raise refusal.unsupported_media("a lossless JPEG, as used in medicine")
    return _Stored(jpeg.width, jpeg.height, orientation_of(jpeg.exif))


def _png(data: bytes, limits: Limits) -> _Stored:
    if len(data) < 33:
        raise refusal.truncated()
    if data[12:16] != b"IHDR":
        raise refusal.corrupt()
    width, height = _u32(data, 16), _u32(data, 20)
    check_size(width, height, limits)
    return _Stored(width, height, orientation_of(exif_in(data)), data[24])


def _webp(data: bytes, limits: Limits) -> _Stored:
    if len(data) < 30:
        raise refusal.truncated()
    chunk = data[12:16]
    if chunk == b"VP8 ":
        size = _u16(data, 26) & 0x3FFF, _u16(data, 28) & 0x3FFF
    elif chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif chunk == b"VP8X":
        size = int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    else:
        raise refusal.corrupt()
    check_size(*size, limits)  # before Pillow, whose decoder allocates the canvas on creation
    if chunk != b"VP8X" or not data[20] & 0x08:  # no EXIF
        return _Stored(*size)
    return _Stored(*size, _orientation_by_pillow(data, "webp"))


def _gif(data: bytes, limits: Limits) -> _Stored:
    """Return the logical screen, enlarged to the first frame, as decoders do."""
    if len(data) < 13:
        raise refusal.truncated()
    width, height = _u16(data, 6), _u16(data, 8)
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while at < len(data) and data[at] == 0x21:  # an extension: skip its blocks
        at += 2
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
    if at + 10 > len(data):
        raise refusal.truncated()
    if data[at] != 0x2C:
        raise refusal.corrupt()
    right, bottom = _u16(data, at + 1) + _u16(data, at + 5), _u16(data, at + 3) + _u16(data, at + 7)
    return _Stored(max(width, right), max(height, bottom))


def _bmp(data: bytes, limits: Limits) -> _Stored:
    if len(data) < 30:
        raise refusal.truncated()
    if data[14] == 12:
        return _Stored(_u16(data, 18), _u16(data, 20))
    width = int.from_bytes(data[18:22], "little", signed=True)
    height = int.from_bytes(data[22:26], "little", signed=True)
    return _Stored(abs(width), abs(height))


def _avif(data: bytes, limits: Limits) -> _Stored:
    at = data.find(b"ispe", 0, _AVIF_SCAN)
    while at >= 0:  # every property with a size, because the decoder may use any of them
        width, height = _u32(data, at + 8), _u32(data, at + 12)
        if width * height > limits.max_pixels:
            raise refusal.too_many_pixels(width, height, limits.max_pixels)
        at = data.find(b"ispe", at + 4, _AVIF_SCAN)
    with opened(data, "avif") as image:
        check_size(*image.size, limits)
        _, _, *size = crop_of(data, image.size) or (0, 0, *image.size)
        return _Stored(size[0], size[1], orientation_of(image.info.get("exif")))


def _heic(data: bytes, limits: Limits) -> _Stored:
    picture = read_picture(data)
    for width, height in picture.sizes:  # also of tiles and maps, because the decoder may open any
        check_size(width, height, limits)
    if picture.kind not in (b"hvc1", b"grid"):
        raise refusal.unsupported_media("a HEIF of another kind than HEIC")
    return _Stored(picture.width, picture.height)  # as displayed


def _tiff(data: bytes, limits: Limits) -> _Stored:
    data = with_picture_first(data)
    try:
        with opened(data, "tiff") as image:
            check_size(*image.size, limits)
            tags = getattr(image, "tag_v2", {})
            # Pillow gives the size as displayed
            return _Stored(*image.size, bits=check_depth(tags, image.mode))
    except PhotoError as damage:
        if damage.code != "corrupt":
            raise
        raise unsupported(data) or damage from damage


def _orientation_by_pillow(data: bytes, name: str) -> int:
    with opened(data, name) as image:
        return orientation_of(image.info.get("exif"))


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


_READERS = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "avif": _avif,
    "heic": _heic,
    "tiff": _tiff,
    "bmp": _bmp,
    "gif": _gif,
}
