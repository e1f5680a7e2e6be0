"""Bad input: each file gets its stable code and a sentence for people, whatever a decoder thinks of it."""

import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode, read_header
from models.errors import PhotoError
from tests.models.codec.codec_samples import PHOTO, saved
from tests.models.codec.deep_samples import chunk, deep_png
from tests.models.codec.heic_samples import heic

LIMITS = Limits()
SMALL = PHOTO.resize((61, 43))


def refused(data: bytes, limits: Limits = LIMITS) -> PhotoError:
    with pytest.raises(PhotoError) as raised:
        decode(data, limits)
    error = raised.value
    assert error.detail.endswith(".")
    assert ":" in error.detail, "it says what to do"
    for jargon in ("PIL", "Error", "Traceback", "0x", "libjpeg"):
        assert jargon not in error.detail
    return error


def giant(name: str) -> bytes:  # noqa: PLR0911
    """A few hundred bytes that claim 20 gigapixels or so."""
    if name == "png":
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 160_000, 125_000, 8, 2, 0, 0, 0))
        return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(999))) + chunk(b"IEND", b"")
    if name == "jpeg":
        data = bytearray(saved(SMALL, "JPEG"))
        at = data.index(b"\xff\xc0")
        data[at + 5 : at + 9] = struct.pack(">HH", 65_500, 65_500)
        return bytes(data)
    if name == "gif":
        data = bytearray(saved(SMALL, "GIF"))
        data[6:10] = struct.pack("<HH", 65_535, 65_535)
        return bytes(data)
    if name == "bmp":
        data = bytearray(saved(SMALL, "BMP"))
        data[18:26] = struct.pack("<ii", 160_000, -125_000)
        return bytes(data)
    if name == "webp":
        body = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + b"\xff\xff\x00" * 2 + bytes(100)
        return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
    if name == "tiff":
        data = bytearray(saved(SMALL, "TIFF"))
        at = struct.unpack("<I", data[4:8])[0]
        for entry in range(at + 2, at + 2 + 12 * data[at], 12):
            if data[entry : entry + 2] in (b"\0\1", b"\1\1"):
                data[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, 150_000)
        return bytes(data)
    if name == "png of 16 bits":
        return giant("png").replace(b"\x08\x02\0\0\0", b"\x10\x02\0\0\0", 1)
    data = bytearray(heic(SMALL) if name == "heic" else saved(SMALL, "AVIF"))
    at = data.index(b"ispe")
    data[at + 8 : at + 16] = struct.pack(">II", 160_000, 125_000)
    return bytes(data)


@pytest.mark.parametrize("name", ["jpeg", "png", "gif", "bmp", "webp", "tiff", "avif", "heic", "png of 16 bits"])
def test_a_header_of_gigapixels_is_refused_before_anything_is_allocated(name: str) -> None:
    assert refused(giant(name)).code == "too_many_pixels"
    with pytest.raises(PhotoError, match="too_many_pixels"):
        read_header(giant(name), LIMITS)


def test_a_giant_frame_on_a_small_screen_is_seen() -> None:
    data = bytearray(saved(SMALL, "GIF"))
    at = data.index(b",", 13 + 3 * 2 ** ((data[10] & 7) + 1))
    data[at + 5 : at + 9] = struct.pack("<HH", 65_535, 65_535)
    assert refused(bytes(data)).code == "too_many_pixels"


def test_a_line_that_is_longer_than_any_photo_is_refused() -> None:
    assert read_header(saved(Image.new("RGB", (100_000, 1)), "PNG"), LIMITS).width == 100_000
    refusal = refused(saved(Image.new("RGB", (1, 100_001)), "PNG"))
    assert refusal.code == "too_many_pixels"
    assert "cut it into pieces" in refusal.detail


def test_limits_are_the_callers() -> None:
    data = saved(SMALL, "PNG")
    assert refused(data, Limits(max_pixels=61 * 43 - 1)).code == "too_many_pixels"
    assert refused(data, Limits(max_bytes=len(data) - 1)).code == "too_large"
    assert decode(memoryview(data), Limits(max_pixels=61 * 43, max_bytes=len(data))).source.width == 61


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"This is a note, not a photo.\n" * 20, "text"),
        ("Grüße".encode() * 5000, "text"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg/>", "SVG"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b"\xc5\xd0\xd3\xc6" + bytes(40), "EPS"),
        (b"PK\x03\x04" + bytes(40), "ZIP"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(40), "video"),
        (b"8BPS\0\x01" + bytes(40), "Photoshop"),
        (bytes(100), "no picture"),
        (b"\xff", "no picture"),
    ],
)
def test_what_is_no_photo_is_named_and_never_opened(data: bytes, kind: str) -> None:
    error = refused(data)
    assert error.code == "unsupported_media"
    assert kind in error.detail


def test_an_empty_file() -> None:
    assert refused(b"").code == "empty_file"


DEEP = np.asarray(PHOTO).astype(np.uint16) * 257
OTHERS = {
    "HEIC": heic(PHOTO),
    "HEIC of tiles": heic(PHOTO, tile_size=64),
    "PNG of 16 bits": deep_png(DEEP),
    "TIFF of 16 bits": saved(Image.fromarray(DEEP[..., 0].copy()), "TIFF"),
}


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", *OTHERS])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_half_a_file_is_truncated(name: str, share: float) -> None:
    data = OTHERS.get(name) or saved(PHOTO, name)
    assert refused(data[: int(len(data) * share)]).code == "truncated"


def test_a_twelve_bit_jpeg_is_refused() -> None:
    data = bytearray(saved(SMALL, "JPEG"))
    data[data.index(b"\xff\xc0") + 4] = 12
    assert refused(bytes(data)).code == "unsupported_bit_depth"


def test_a_damaged_png_is_corrupt() -> None:
    data = bytearray(saved(PHOTO, "PNG"))
    at = data.index(b"IDAT") + 20
    data[at : at + 40] = bytes(40)
    assert refused(bytes(data)).code == "corrupt"


def test_a_picture_too_wide_for_its_output_says_so() -> None:
    picture = decode(saved(Image.new("RGB", (17_000, 2)), "PNG"), LIMITS)
    with pytest.raises(PhotoError, match="output_too_large"):
        encode(picture, OutputOptions(format="webp"))
    with pytest.raises(PhotoError, match="An AVIF can be at most"):
        encode(picture, OutputOptions(format="avif"))


def test_reading_a_header_loads_neither_torch_nor_opencv() -> None:
    code = (
        "import sys, models.codec.header, models.codec.options; from models.codec import Limits; "
        "print([m for m in ('torch', 'cv2', 'simplejpeg', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
