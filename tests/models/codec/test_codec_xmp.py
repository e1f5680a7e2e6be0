"""XMP as programs write it, good and bad: prefixes stay, damage costs its part, places follow the picture."""

import codecs
import hashlib
import re
import struct

import pytest

from models.codec import Limits, OutputOptions, decode, encode
from models.codec.container.geometry import Geometry
from models.codec.container.jpeg_segments import EXTENDED_XMP, XMP
from models.codec.container.xmp.packet import Property, patch_xmp
from models.codec.container.xmp.tree import DamagedXmpError
from tests.models.codec.codec_samples import PHOTO, saved
from tests.models.codec.text_samples import with_segments

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmp:Rating="4"><dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Käthe</rdf:li></rdf:Alt></dc:rights>{}
</rdf:Description></rdf:RDF></x:xmpmeta>{}"""
PLAIN = PACKET.format("", '<?xpacket end="w"?>')


def patched(packet: bytes, **more: object) -> tuple[str, list[str]]:
    written, notes = patch_xmp(packet, 80, 40, **more)  # type: ignore[arg-type]
    return written.decode(), notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("padding", ["", " \n" * 50, "\0" * 7])
def test_every_encoding_of_the_standard_is_read(encoding: str, mark: bool, padding: str) -> None:
    data = (("\ufeff" if mark else "") + PLAIN + padding).encode(encoding)
    packet, notes = patched(data)
    assert "© Käthe" in packet
    assert 'xmp:Rating="4"' in packet
    assert notes == []


@pytest.mark.parametrize("declared", ["UTF-8", "UTF-16"])
def test_a_declaration_of_xml_does_not_matter(declared: str) -> None:
    assert "© Käthe" in patched(f'<?xml version="1.0" encoding="{declared}"?>{PLAIN}'.encode())[0]


def test_photoshop_7_wrote_another_root() -> None:
    packet, notes = patched(PLAIN.replace("x:xmpmeta", "x:xapmeta").encode())
    assert "© Käthe" in packet
    assert "x:xmpmeta" in packet
    assert notes == []


@pytest.mark.parametrize(
    "wrong",
    [
        PLAIN.replace("Käthe", "Kä\x03the").encode(),
        PLAIN.replace("Käthe", "Kä&#x3;the").encode(),
        PLAIN.replace("© Käthe", "© Käthe &nbsp; & Co.").encode(),
        PLAIN.encode("latin-1", "ignore"),
        PLAIN.replace('xmp:Rating="4"', 'xmp:Rating="4" strange:Thing="1"').encode(),
        PACKET.format("<other:thing>1</other:thing>", "").encode(),
        PACKET.format("<dc:title>cut off", "").encode()[:600],
        PLAIN.encode()[: PLAIN.encode().index(b"</rdf:Description>")],
    ],
)
def test_one_bad_spot_costs_only_its_part(wrong: bytes) -> None:
    packet, notes = patched(wrong)
    assert notes == ["xmp_damaged"]
    assert 'xmp:Rating="4"' in packet
    assert re.search("© Kä.?the", packet)
    assert patched(packet.encode())[1] == [], "what is written is whole"


def test_a_property_that_was_cut_off_goes() -> None:
    packet, notes = patched(PACKET.format("<dc:title><rdf:Alt><rdf:li>half a tit", "").encode().partition(b"half")[0])
    assert notes == ["xmp_damaged"]
    assert "dc:title" not in packet
    assert "© Käthe" in packet


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"<x",
        b"<html/>",
        b"\xff\xfe\0",
        b"\0" * 1000,
        b"<a>" * 200_000,
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]>' + PLAIN.encode(),
        PACKET.format("<a>" * 5000 + "</a>" * 5000, "").encode(),
        PACKET.format("<a/>" * 200_000, "").encode(),
        PLAIN.encode() + b" " * 2**23,
    ],
)
def test_what_is_no_xmp_or_hostile_is_refused(hostile: bytes) -> None:
    if not hostile:
        assert patch_xmp(hostile, 10, 10) == (b"", [])
        return
    with pytest.raises(DamagedXmpError):
        patch_xmp(hostile, 10, 10)


@pytest.mark.parametrize("prefix", ["GPano", "pano"])
def test_prefixes_are_the_source_s(prefix: str) -> None:
    uri = "http://ns.google.com/photos/1.0/panorama/"
    more = f'<rdf:Description xmlns:{prefix}="{uri}" {prefix}:ProjectionType="equirectangular"/>'
    source = PLAIN.replace("</rdf:RDF>", more + "</rdf:RDF>")
    packet, _ = patched(source.encode())
    assert f'{prefix}:ProjectionType="equirectangular"' in packet
    assert "ns0:" not in packet
    assert "ns2:" not in packet


def test_one_packet_does_not_change_the_prefixes_of_the_next() -> None:
    other = PLAIN.replace("dc:", "dublin:").replace("xmlns:dc", "xmlns:dublin")
    assert "<dublin:rights>" in patched(other.encode())[0]
    assert "<dc:rights>" in patched(PLAIN.encode())[0]


GPANO = """<rdf:Description xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" GPano:FullPanoWidthPixels="200"
 GPano:CroppedAreaLeftPixels="20" GPano:InitialViewHeadingDegrees="90">
<GPano:FullPanoHeightPixels>100</GPano:FullPanoHeightPixels>
<GPano:CroppedAreaImageWidthPixels>160</GPano:CroppedAreaImageWidthPixels>
<GPano:CroppedAreaImageHeightPixels>80</GPano:CroppedAreaImageHeightPixels>
<GPano:CroppedAreaTopPixels>10</GPano:CroppedAreaTopPixels></rdf:Description></rdf:RDF>"""


def test_a_panorama_shrinks_with_its_picture() -> None:
    source = PLAIN.replace("</rdf:RDF>", GPANO).encode()
    packet, notes = patched(source, geometry=Geometry(1, (160, 80), (80, 40)))
    assert notes == []
    told = {name: int(number) for name, number in re.findall(r'GPano:(\w+)(?:="|>)(\d+)', packet)}
    assert told == {
        "FullPanoWidthPixels": 100,
        "FullPanoHeightPixels": 50,
        "CroppedAreaImageWidthPixels": 80,
        "CroppedAreaImageHeightPixels": 40,
        "CroppedAreaLeftPixels": 10,
        "CroppedAreaTopPixels": 5,
        "InitialViewHeadingDegrees": 90,
    }


def test_a_panorama_that_was_turned_is_none() -> None:
    packet, notes = patched(PLAIN.replace("</rdf:RDF>", GPANO).encode(), geometry=Geometry(6, (80, 160), (80, 160)))
    assert notes == ["panorama_dropped"]
    assert "GPano:Full" not in packet
    assert "© Käthe" in packet


REGIONS = """<mwg-rs:Regions rdf:parseType="Resource" xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#">
<mwg-rs:AppliedToDimensions stDim:w="{}" stDim:h="{}" stDim:unit="pixel"/><mwg-rs:RegionList><rdf:Bag>
<rdf:li><rdf:Description mwg-rs:Name="Käthe"><mwg-rs:Area stArea:x="0.25" stArea:y="0.5" stArea:w="0.125"
 stArea:h="0.375" stArea:unit="{}"/></rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"""


@pytest.mark.parametrize(
    ("orientation", "applied", "want"),
    [
        (1, (160, 80), ("0.25", "0.5", "0.125", "0.375")),
        (3, (160, 80), ("0.75", "0.5", "0.125", "0.375")),
        (6, (160, 80), ("0.5", "0.25", "0.375", "0.125")),
        (8, (160, 80), ("0.5", "0.75", "0.375", "0.125")),
        (6, (80, 160), ("0.25", "0.5", "0.125", "0.375")),  # already upright
    ],
)
def test_regions_turn_with_their_picture(orientation: int, applied: tuple[int, int], want: tuple[str, ...]) -> None:
    upright = (160, 80) if orientation < 5 else (80, 160)
    half = upright[0] // 2, upright[1] // 2
    source = PACKET.format(REGIONS.format(*applied, "normalized"), "").encode()
    packet, notes = patched(source, geometry=Geometry(orientation, upright, half))
    assert notes == []
    assert f'stDim:w="{half[0]}" stDim:h="{half[1]}"' in packet
    assert re.findall(r'stArea:[xywh]="([\d.]+)"', packet) == list(want)
    assert "Käthe" in packet


def test_regions_that_nobody_knows_to_turn_are_dropped_with_a_note() -> None:
    source = PACKET.format(REGIONS.format(160, 80, "furlongs"), "").encode()
    packet, notes = patched(source, geometry=Geometry(6, (80, 160), (80, 160)))
    assert notes == ["regions_dropped"]
    assert "RegionList" not in packet
    assert patched(source)[1] == [], "they stay where nothing moved"


def test_a_packet_too_long_loses_its_longest_properties() -> None:
    source = PACKET.format(f"<dc:source>{'s' * 70_000}</dc:source><dc:title>Titel</dc:title>", "").encode()
    packet, notes = patched(source, most=65_000)
    assert notes == ["xmp_shortened"]
    assert len(packet.encode()) <= 65_000
    assert "dc:source" not in packet
    assert "<dc:title>Titel</dc:title>" in packet
    assert 'xmp:Rating="4"' in packet


@pytest.mark.parametrize("form", ['{}="1"', "><{0}>1</{0}"])
def test_a_motion_photo_says_so(form: str) -> None:
    told = '<rdf:Description xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" ' + form.format(
        "GCamera:MotionPhoto"
    )
    end = "/>" if form.startswith("{") else "></rdf:Description>"
    packet, notes = patched(PLAIN.replace("</rdf:RDF>", told + end + "</rdf:RDF>").encode())
    assert notes == ["motion_dropped"]
    assert "GCamera:Motion" not in packet


def test_what_a_camera_of_google_tells_besides_is_kept_and_its_maker_s_note_goes_with_the_position() -> None:
    told = '<rdf:Description xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:BurstID="b1"'
    source = PLAIN.replace("</rdf:RDF>", told + ' GCamera:hdrp_makernote="SGRSUA"/></rdf:RDF>').encode()
    packet, notes = patched(source)
    assert 'GCamera:BurstID="b1" GCamera:hdrp_makernote="SGRSUA"' in packet
    assert notes == []
    packet, notes = patched(source, strip_gps=True)
    assert 'GCamera:BurstID="b1"' in packet
    assert "SGRSUA" not in packet
    assert notes == ["makernote_dropped"]


def test_properties_are_put_in_where_there_are_none_or_empty_ones() -> None:
    told = PACKET.format("<dc:title/><dc:subject><rdf:Bag><rdf:li>apple</rdf:li></rdf:Bag></dc:subject>", "")
    told = told.replace('rdf:about=""', 'rdf:about="uuid:1"').replace(
        "<dc:title/>", "<dc:title/><dc:source> </dc:source>"
    )
    more = [
        Property("dc:title", "Alt", ["Titel"], "title"),
        Property("dc:source", "text", ["Quelle"], "source"),
        Property("dc:subject", "Bag", ["a"], "subject"),
        Property("dc:rights", "Alt", ["© Käthe"], "rights"),
        Property("photoshop:Headline", "text", ["Neu & alt"], "headline"),
        Property("photoshop:Headline", "text", ["Other"], "second"),
    ]
    packet, notes = patched(told.encode(), more=more)
    assert notes == ["subject", "second"]
    assert packet.count("<dc:title") == packet.count("<dc:source") == 1
    assert ">Titel<" in packet
    assert "<photoshop:Headline>Neu &amp; alt<" in packet
    assert packet.count('rdf:about="uuid:1"') == 2
    assert patched(packet.encode(), more=more)[1] == notes


def test_a_packet_of_many_short_properties_is_shortened_too() -> None:
    many = "".join(f"<crs:p{number}>{number}</crs:p{number}>" for number in range(4000))
    many = f'</rdf:Description><rdf:Description xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/">{many}'
    packet, notes = patched(PACKET.format(many, "").encode(), most=65_000)
    assert notes == ["xmp_shortened"]
    assert 60_000 < len(packet.encode()) <= 65_000
    assert "© Käthe" in packet


def extended(extension: str, size: int = 50) -> tuple[bytes, list[tuple[int, bytes]]]:
    """Return a packet that names an extension, and the segments of that."""
    data = extension.encode()
    name = hashlib.md5(data, usedforsecurity=False).hexdigest().upper()
    note = f'<rdf:Description xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="{name}"/></rdf:RDF>'
    heads = [(name.encode() + struct.pack(">II", len(data), at), at) for at in range(0, len(data), size)]
    pieces = [(0xE1, EXTENDED_XMP + head + data[at : at + size]) for head, at in heads]
    return PLAIN.replace("</rdf:RDF>", note).encode(), pieces[::-1]


def test_an_extension_is_read_from_its_pieces() -> None:
    packet, pieces = extended(PACKET.format("<dc:source>Reportage</dc:source>", "").replace(' xmp:Rating="4"', ""))
    jpeg = with_segments(saved(PHOTO, "JPEG"), (0xE1, XMP + packet), *pieces)
    picture = decode(jpeg, Limits())
    written = encode(picture, OutputOptions())
    assert b"<dc:source>Reportage</dc:source>" in written.data
    assert b"HasExtendedXMP" not in written.data
    assert [*picture.notes, *written.notes] == []
    for broken in (pieces[1:], pieces[:-1], [(0xE1, EXTENDED_XMP + b"x")]):
        picture = decode(with_segments(saved(PHOTO, "JPEG"), (0xE1, XMP + packet), *broken), Limits())
        assert picture.notes == ["extended_xmp_dropped"]


def test_depth_in_an_extension_is_named() -> None:
    depth = '<rdf:Description xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/" GDepth:Data="AAAA"/></rdf:RDF>'
    packet, pieces = extended(PLAIN.replace("</rdf:RDF>", depth))
    picture = decode(with_segments(saved(PHOTO, "JPEG"), (0xE1, XMP + packet), *pieces), Limits())
    written = encode(picture, OutputOptions())
    assert written.notes == ["depth_dropped"]
    assert b"GDepth" not in written.data


def test_a_mark_of_byte_order_may_stand_twice() -> None:
    assert "© Käthe" in patched(codecs.BOM_UTF8 * 2 + PLAIN.encode())[0]
