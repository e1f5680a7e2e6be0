"""A result tells the resolution of its source, in whichever way its format has."""

import io

import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode
from models.codec.container.exif_tables import RATIONAL, SHORT, Exif, write_exif
from tests.models.codec.codec_samples import PHOTO, saved, stored
from tests.models.codec.deep_samples import chunk
from tests.models.codec.inputs import OUTPUTS
from tests.models.codec.png_samples import with_chunks

LIMITS = Limits()
SMALL = PHOTO.resize((96, 64))
SOURCES = ["JFIF", "pHYs", "TIFF", "BMP", "EXIF of a JPEG", "EXIF of a WebP", "EXIF of an AVIF"]


def block(across: int, down: int, orientation: int = 1) -> bytes:
    exif = Exif("big")
    exif.root[0x011A], exif.root[0x011B] = exif.numbers(RATIONAL, [across, 1]), exif.numbers(RATIONAL, [down, 1])
    exif.root[0x0128], exif.root[0x0112] = exif.numbers(SHORT, [2]), exif.numbers(SHORT, [orientation])
    return write_exif(exif)


def source(name: str, across: int, down: int) -> bytes:
    dpi = across, down
    if name in ("JFIF", "pHYs", "TIFF", "BMP"):
        return saved(SMALL, {"JFIF": "JPEG", "pHYs": "PNG"}.get(name, name), dpi=dpi)
    name = name.rpartition(" ")[2].upper()
    return saved(SMALL, name, exif=(b"Exif\0\0" if name == "JPEG" else b"") + block(across, down))


def told(data: bytes) -> list[tuple[float, float]]:
    """Return the dots by inch, in each way in which they are told."""
    image = Image.open(io.BytesIO(data))
    exif = image.getexif()
    ways = [image.info["dpi"]] if "dpi" in image.info else []
    return ways + ([(float(exif[0x011A]), float(exif[0x011B]))] if 0x011A in exif else [])


@pytest.mark.parametrize("target", OUTPUTS)
@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("dpi", [(300, 300), (240, 120)])
def test_the_resolution_is_told_in_every_format(name: str, target: str, dpi: tuple[int, int]) -> None:
    picture = decode(source(name, *dpi), LIMITS)
    for policy in ("keep", "strip_gps", *(["strip"] if target in ("jpeg", "png", "tiff") else [])):
        ways = told(encode(picture, OutputOptions(format=target, metadata=policy)).data)
        assert ways
        for way in ways:
            assert way == pytest.approx(dpi, rel=1e-3)


@pytest.mark.parametrize("target", OUTPUTS)
def test_it_turns_with_the_picture(target: str) -> None:
    data = saved(stored(SMALL, 6), "JPEG", dpi=(240, 120), exif=b"Exif\0\0" + block(240, 120, 6))
    ways = told(encode(decode(data, LIMITS), OutputOptions(format=target)).data)
    assert ways
    assert all(way == pytest.approx((120, 240), rel=1e-3) for way in ways)


@pytest.mark.parametrize("target", OUTPUTS)
@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_where_none_is_told_none_is_made_up(name: str, target: str) -> None:
    written = encode(decode(saved(SMALL, name), LIMITS), OutputOptions(format=target))
    assert [way for way in told(written.data) if way != (1, 1)] == []
    assert written.notes == []


def test_numbers_of_the_own_format_stay_exact() -> None:
    centimetres = bytearray(saved(SMALL, "JPEG"))
    centimetres[13:18] = b"\x02\0\x76\0\x76"
    assert encode(decode(bytes(centimetres), LIMITS), OutputOptions()).data[13:18] == b"\x02\0\x76\0\x76"
    square = bytes(centimetres[:13]) + b"\0\0\x48\0\x48" + bytes(centimetres[18:])
    assert encode(decode(square, LIMITS), OutputOptions()).data[13:18] == b"\0\0\x48\0\x48"
    assert told(encode(decode(square, LIMITS), OutputOptions(format="webp")).data) == []
    ratio = with_chunks(saved(SMALL, "PNG"), before=chunk(b"pHYs", b"\0\0\0\2\0\0\0\1\0"))
    assert b"pHYs\0\0\0\2\0\0\0\1\0" in encode(decode(ratio, LIMITS), OutputOptions()).data
    assert encode(decode(ratio, LIMITS), OutputOptions(format="jpeg")).data[13:18] == b"\0\0\2\0\1"
    metres = saved(SMALL, "PNG", dpi=(72, 72))
    at = metres.index(b"pHYs")
    again = encode(decode(metres, LIMITS), OutputOptions()).data
    assert metres[at : at + 13] in again
