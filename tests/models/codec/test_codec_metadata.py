"""EXIF and XMP of a result: right for it, without what shows the unretouched photo or a place."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode
from models.codec.container.exif import DamagedExifError, orientation_of, patch_exif
from models.codec.container.xmp.packet import DamagedXmpError, patch_xmp
from tests.models.codec.codec_samples import MAKER_NOTE, PHOTO, PLACE, camera_jpeg, exif_block, saved, xmp_packet

LIMITS = Limits()
FORMATS = ["jpeg", "png", "webp", "avif", "tiff"]
BOTH = pytest.mark.parametrize("order", ["<", ">"])


@BOTH
@pytest.mark.parametrize("name", FORMATS)
def test_exif_describes_the_result(order: str, name: str) -> None:
    picture = decode(camera_jpeg(6, order), LIMITS)
    picture.pixels = picture.pixels[:100, :200].copy()
    exif = Image.open(io.BytesIO(encode(picture, OutputOptions(format=name)).data)).getexif()
    assert exif.get(0x0112, 1) == 1
    assert exif[0x010F] == "Maker"
    assert (exif.get_ifd(0x8769)[0xA002], exif.get_ifd(0x8769)[0xA003]) == (200, 100)
    assert exif.get_ifd(0x8769)[0x9003] == "2024:05:06 07:08:09"
    assert exif.get_ifd(0x8769)[0x927C] == MAKER_NOTE
    assert exif.get_ifd(0x8825)[2] == (48, 8, 15)


@BOTH
@pytest.mark.parametrize("policy", ["keep", "strip_gps", "strip"])
@pytest.mark.parametrize("name", FORMATS)
def test_the_old_thumbnail_is_nowhere(order: str, policy: str, name: str) -> None:
    source = camera_jpeg(6, order)
    assert b"THUMBNAIL" in source
    written = encode(decode(source, LIMITS), OutputOptions(format=name, metadata=policy)).data
    assert b"THUMBNAIL" not in written


@BOTH
@pytest.mark.parametrize("name", FORMATS)
def test_no_place_is_left_where_gps_is_stripped(order: str, name: str) -> None:
    picture = decode(camera_jpeg(6, order), LIMITS)
    kept = encode(picture, OutputOptions(format=name)).data
    assert PLACE in kept
    assert b"48,8.25N" in kept
    stripped = encode(picture, OutputOptions(format=name, metadata="strip_gps")).data
    for trace in (PLACE, MAKER_NOTE[:10], b"48,8.25N", b"11,34.5E", b"GPSL", b"Garching"):
        assert trace not in stripped
    exif = Image.open(io.BytesIO(stripped)).getexif()
    assert 0x8825 not in exif
    assert exif[0x010F] == "Maker"
    assert exif.get_ifd(0x8769)[0x9003] == "2024:05:06 07:08:09"
    assert b"K\xc3\xa4the" in stripped


@pytest.mark.parametrize("name", FORMATS)
def test_strip_leaves_nothing(name: str) -> None:
    written = encode(decode(camera_jpeg(), LIMITS), OutputOptions(format=name, metadata="strip"))
    image = Image.open(io.BytesIO(written.data))
    assert not image.info.get("exif")
    assert not image.info.get("xmp")
    assert b"Maker" not in written.data


@pytest.mark.parametrize("name", FORMATS)
def test_xmp_describes_the_result(name: str) -> None:
    picture = decode(camera_jpeg(), LIMITS)
    picture.pixels = picture.pixels[:100, :200].copy()
    packet = Image.open(io.BytesIO(encode(picture, OutputOptions(format=name)).data)).info["xmp"].decode()
    assert 'tiff:Orientation="1"' in packet
    assert 'tiff:ImageWidth="200"' in packet
    assert "<exif:PixelXDimension>200<" in packet
    assert 'xmp:Rating="4"' in packet
    assert "Käthe" in packet
    assert "hdrgm" not in packet


@pytest.mark.parametrize("name", ["png", "webp", "avif", "tiff"])
def test_metadata_travels_from_every_format(name: str) -> None:
    there = encode(decode(camera_jpeg(), LIMITS), OutputOptions(format=name)).data
    back = encode(decode(there, LIMITS), OutputOptions(format="jpeg")).data
    image = Image.open(io.BytesIO(back))
    assert image.getexif()[0x010F] == "Maker"
    assert image.getexif().get_ifd(0x8769)[0x9003] == "2024:05:06 07:08:09"
    assert "Käthe" in image.info["xmp"].decode()


@pytest.mark.parametrize("block", [b"II*\0", b"nonsense" * 9, exif_block()[:30], b"II*\0\xff\xff\xff\x7f" + bytes(50)])
def test_a_damaged_exif_is_dropped_and_the_photo_goes_on(block: bytes) -> None:
    jpeg = saved(PHOTO, "JPEG")
    segment = b"\xff\xe1" + (len(block) + 8).to_bytes(2, "big") + b"Exif\0\0" + block
    written = encode(decode(jpeg[:2] + segment + jpeg[2:], LIMITS), OutputOptions())
    assert "exif_dropped" in written.notes
    assert b"Exif" not in written.data


@pytest.mark.parametrize("name", ["AVIF", "WEBP", "TIFF"])
def test_a_damaged_exif_fails_no_other_format(name: str) -> None:
    data = bytearray(saved(PHOTO, name, exif=exif_block(1)))
    at = data.index(b"Maker") if name == "TIFF" else data.rindex(b"II*\0\x08\0")
    data[at : at + 4] = b"\xff\xfe\xff\xfe"
    assert decode(bytes(data), LIMITS).pixels.shape == (300, 451, 4)


@pytest.mark.parametrize(
    "packet",
    [
        b"<x",
        b"<html/>",
        b"\xff\xfe\0",
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&b;</x:xmpmeta>',
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + b"<a>" * 5000 + b"</a>" * 5000 + b"</x:xmpmeta>",
    ],
)
def test_a_damaged_or_hostile_xmp_is_refused(packet: bytes) -> None:
    with pytest.raises(DamagedXmpError):
        patch_xmp(packet, 10, 10)


@pytest.mark.parametrize("at", [8, 200, 500, 700, 0, 7, 2**31])
def test_loops_and_wild_pointers_end_and_leave_no_trace(at: int) -> None:
    block = bytearray(exif_block())
    pointer = at.to_bytes(4, "little")
    block[58:62] = pointer  # of IFD0 to IFD1
    assert b"THUMBNAIL" not in patch_exif(bytes(block), 10, 10)[0]
    block[54:58] = pointer  # to GPS
    assert PLACE not in patch_exif(bytes(block), 10, 10, strip_gps=True)[0]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mutated_exif_is_patched_or_refused(data: st.DataObject) -> None:
    block = bytearray(exif_block(order=data.draw(st.sampled_from("<>"))))
    for _ in range(data.draw(st.integers(1, 8))):
        block[data.draw(st.integers(0, 790))] = data.draw(st.integers(0, 255))
    orientation_of(bytes(block))
    try:
        patched, _ = patch_exif(bytes(block), 30, 20)
    except DamagedExifError:
        return
    assert len(patched) <= len(block)


def test_gps_only_goes_when_asked() -> None:
    packet, notes = patch_xmp(xmp_packet(), 5, 5)
    assert b"GPSLatitude" in packet
    assert notes == ["gain_map_dropped", "thumbnail_dropped"]
    packet, notes = patch_xmp(xmp_packet(), 5, 5, strip_gps=True)
    assert b"GPS" not in packet
    assert notes == ["gain_map_dropped", "thumbnail_dropped", "gps_dropped"]
