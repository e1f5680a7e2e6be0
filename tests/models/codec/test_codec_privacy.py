"""A photo whose place is stripped tells it to nobody: whatever the format, wherever it stood."""

import io
import struct

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode, thumbnail
from tests.models.codec.codec_samples import MAKER_NOTE, PHOTO, PLACE, THUMBNAIL, exif_block, xmp_packet
from tests.models.codec.inputs import INPUTS, OUTPUTS, photo_in

LIMITS = Limits()
SMALL = PHOTO.resize((96, 64))
GEO = (
    b' geo:lat="48.1375" geo:long="11.5755" drone:GpsLatitude="48.1375" xmlns:drone="http://www.dji.com/drone-dji/1.0/"'
)
XMP = xmp_packet((96, 64)).replace(
    b' tiff:Orientation="6"',
    b' tiff:Orientation="1" xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"' + GEO,
)
DEGREES = struct.pack("<6I", 48, 1, 8, 1, 15, 1)
PLACES = (PLACE, DEGREES, b"48,8.25N", b"11,34.5E", b"48.1375", b"11.5755", b"Garching", MAKER_NOTE[:10])


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def photo_with_places(name: str) -> bytes:
    data = photo_in(name, SMALL, exif=exif_block(1, size=(96, 64)), xmp=XMP)
    if name != "jpeg":
        return data
    city = b"\x1c\x02\x5a" + struct.pack(">H", 8) + b"Garching"
    irb = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(city)) + city
    extended = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + struct.pack(">II", 60, 0)
    extended += b'<rdf:Description exif:GPSLatitude="48,8.25N" exif:x="48.1375"/>'
    return data[:2] + segment(0xED, irb) + segment(0xE1, extended) + segment(0xFE, b"taken at 48.1375") + data[2:]


@pytest.mark.parametrize("target", OUTPUTS)
@pytest.mark.parametrize("name", INPUTS)
def test_no_place_is_in_a_result_or_its_thumbnail(name: str, target: str) -> None:
    source = photo_with_places(name)
    for place in (b"48,8.25N", b"48.1375", PLACE):
        assert place in source, "the test has something to find"
    picture = decode(source, LIMITS)
    kept = encode(picture, OutputOptions(format=target)).data
    assert PLACE in kept
    assert Image.open(io.BytesIO(kept)).getexif().get_ifd(0x8825)[2] == (48, 8, 15)
    for policy in ("strip_gps", "strip"):
        written = encode(picture, OutputOptions(format=target, metadata=policy))
        assert {"gps_dropped", "makernote_dropped"} <= set(written.notes)
        for data in (written.data, thumbnail(picture.pixels)):
            assert [place for place in PLACES if place in data] == []
            image = Image.open(io.BytesIO(data))
            assert image.getexif().get_ifd(0x8825) == {}
            packet = image.info.get("xmp", b"")
            assert "gps" not in packet.decode().lower()
            if policy == "strip_gps" and data is written.data:
                assert image.getexif()[0x010F] == "Maker"
                assert "Käthe" in packet.decode()


@pytest.mark.parametrize("policy", ["keep", "strip_gps", "strip"])
@pytest.mark.parametrize("name", INPUTS)
def test_no_other_picture_of_the_photo_is_left_and_it_is_said(name: str, policy: str) -> None:
    picture = decode(photo_with_places(name), LIMITS)
    written = encode(picture, OutputOptions(metadata=policy))
    assert THUMBNAIL[:20] not in written.data
    assert b"THUMBNAIL" not in written.data
    assert b"hdr-gain-map" not in written.data
    assert {"thumbnail_dropped", "gain_map_dropped"} <= {*picture.notes, *written.notes}
    assert len({*picture.notes, *written.notes}) == len([*picture.notes, *written.notes]), "each once"


def test_everything_a_jpeg_drops_has_its_name() -> None:
    data = photo_with_places("jpeg")
    beside = [
        (segment(0xE0, b"JFXX\0\x10" + b"SMALL-JPEG"), "thumbnail_dropped"),
        (segment(0xE2, b"MPF\0II*\0"), "mpf_dropped"),
        (segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"), "gain_map_dropped"),
        (segment(0xEB, b"JP\0\x01C2PA"), "c2pa_dropped"),
    ]
    plain = decode(segmentless(), LIMITS)
    assert plain.notes == []
    assert encode(plain, OutputOptions()).notes == []
    for piece, note in beside:
        assert decode(segmentless()[:2] + piece + segmentless()[2:], LIMITS).notes == [note]
    assert decode(data, LIMITS).notes == ["photoshop_dropped", "extended_xmp_dropped"]


def test_a_pointer_to_dropped_credentials_goes_too() -> None:
    terms = b' xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="self#jumbf=c2pa" tiff:Orientation="1"'
    packet = xmp_packet((96, 64)).replace(b' tiff:Orientation="6"', terms)
    written = encode(decode(photo_in("webp", SMALL, exif=exif_block(1), xmp=packet), LIMITS), OutputOptions())
    assert "c2pa_dropped" in written.notes
    assert b"jumbf" not in written.data
    assert "Käthe".encode() in written.data


def segmentless() -> bytes:
    data: bytes = simplejpeg.encode_jpeg(np.asarray(SMALL), 90)
    return data
