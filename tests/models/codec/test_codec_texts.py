"""Comments, text chunks and IPTC: what people wrote is in the result, in its own way or in XMP."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode
from models.codec.container.iptc import properties_of
from tests.models.codec.codec_samples import PHOTO, exif_block, saved, xmp_packet
from tests.models.codec.deep_samples import chunk, deep_png
from tests.models.codec.inputs import OUTPUTS
from tests.models.codec.png_samples import with_chunks
from tests.models.codec.text_samples import datasets, irb, raw_profile, text_chunk, with_segments

LIMITS = Limits()
SMALL = PHOTO.resize((96, 64))
POLICIES = ["keep", "strip_gps", "strip"]


def jpeg_with(marker: int, *bodies: bytes) -> bytes:
    return with_segments(saved(SMALL, "JPEG"), *[(marker, body) for body in bodies])


def png_with(kind: str, *chunks: bytes, after: bytes = b"") -> bytes:
    if kind == "16":
        array = np.asarray(SMALL).astype(np.uint16) * 257
        return deep_png(array, before=b"".join(chunks), after=after)
    return with_chunks(saved(SMALL, "PNG"), before=b"".join(chunks), after=after)


def made(data: bytes, target: str, policy: str = "keep") -> tuple[Image.Image, bytes, list[str]]:
    picture = decode(data, LIMITS)
    written = encode(picture, OutputOptions(format=target, metadata=policy))
    image = Image.open(io.BytesIO(written.data))
    image.load()
    return image, written.data, [*picture.notes, *written.notes]


@pytest.mark.parametrize("comment", [b"plain", "Jürgen".encode(), "Jürgen".encode("latin-1"), b"\x81\xfe" * 99, b"a\0"])
def test_comments_of_a_jpeg_pass_unchanged(comment: bytes) -> None:
    source = jpeg_with(0xFE, comment, b"second")
    _, data, notes = made(source, "same")
    assert b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment in data
    assert b"\xff\xfe\0\x08second" in data
    assert notes == []
    assert made(source, "same", "strip")[1].count(b"\xff\xfe\0\x08second") == 0


@pytest.mark.parametrize("target", OUTPUTS)
def test_a_comment_is_read_in_every_format(target: str) -> None:
    image, data, notes = made(jpeg_with(0xFE, "Größe".encode("latin-1")), target)
    if target == "jpeg":
        assert image.info["comment"] == "Größe".encode("latin-1")
    elif target == "png":
        assert image.info["Comment"] == "Größe"
    else:
        assert "Größe".encode() in data
    assert notes == []


def test_the_comment_of_a_gif_is_kept() -> None:
    assert made(saved(SMALL, "GIF", comment=b"written by hand"), "same")[0].info["Comment"] == "written by hand"


@pytest.mark.parametrize("words", ["taken at 48.1375", "48°08'N 11°34'E", "GPS: there", "Latitude 1"])
def test_a_comment_that_tells_of_a_position_goes_with_the_position(words: str) -> None:
    source = jpeg_with(0xFE, words.encode(), b"Sunset, f/2.8")
    _, data, notes = made(source, "same", "strip_gps")
    assert words.encode() not in data
    assert b"Sunset, f/2.8" in data
    assert "gps_dropped" in notes
    assert words.encode() in made(source, "same")[1]


@pytest.mark.parametrize("kind", ["8", "16"])
@pytest.mark.parametrize("name", ["tEXt", "zTXt", "iTXt", "iTXt packed"])
@pytest.mark.parametrize("keyword", ["Title", "Author", "Description", "Copyright", "Comment", "Software", "My word"])
@pytest.mark.parametrize("late", [False, True])
def test_texts_of_a_png_are_kept(kind: str, name: str, keyword: str, late: bool) -> None:
    piece = text_chunk(name, keyword, "Jürgen".encode("utf-8" if name.startswith("i") else "latin-1"))
    image, _, notes = made(png_with(kind, *([] if late else [piece]), after=piece if late else b""), "same")
    assert image.info[keyword] == "Jürgen"
    assert "text_dropped" not in notes
    assert not made(png_with(kind, piece), "same", "strip")[0].info.get(keyword)


@pytest.mark.parametrize("target", ["jpeg", "webp", "avif", "tiff"])
def test_texts_of_a_png_are_xmp_elsewhere_or_noted(target: str) -> None:
    words = {"Title": "T", "Author": "Käthe", "Description": "Text 大", "Copyright": "© K", "Comment": "Kommentar"}
    pieces = [text_chunk("iTXt", keyword, value.encode()) for keyword, value in words.items()]
    image, data, notes = made(png_with("8", *pieces), target)
    packet = image.info["xmp"].decode()
    for value in list(words.values())[:4]:
        assert f">{value}</" in packet
    assert b"Kommentar" in data
    assert notes == []
    assert made(png_with("8", text_chunk("tEXt", "Disclaimer", b"None")), target)[2] == ["text_dropped"]
    assert made(png_with("8", text_chunk("tEXt", "date:create", b"2024")), target)[2] == []


@pytest.mark.parametrize(
    ("told", "want"),
    [
        ("Mon, 06 May 2024 07:08:09 +0200", b"2024-05-06T07:08:09+02:00"),
        ("2024-05-06T07:08:09", b"2024-05-06T07:08:09"),
    ],
)
def test_the_time_of_a_png_is_that_of_xmp(told: str, want: bytes) -> None:
    _, data, notes = made(png_with("8", text_chunk("tEXt", "Creation Time", told.encode())), "jpeg")
    assert b"<xmp:CreateDate>" + want in data
    assert notes == []
    assert made(png_with("8", text_chunk("tEXt", "Creation Time", b"in spring")), "jpeg")[2] == ["text_dropped"]


def test_xmp_counts_more_than_a_text() -> None:
    pieces = [chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp_packet((96, 64)))]
    image, _, notes = made(png_with("8", *pieces, text_chunk("tEXt", "Author", b"Somebody")), "jpeg")
    assert "Käthe" in image.info["xmp"].decode()
    assert "Somebody" not in image.info["xmp"].decode()
    assert "text_dropped" in notes
    same = made(png_with("8", *pieces, text_chunk("iTXt", "Author", "Käthe".encode())), "jpeg")
    assert "text_dropped" not in same[2], "they say the same"


def test_a_bomb_of_text_is_left_out_with_a_note() -> None:
    bomb = text_chunk("zTXt", "Title", bytes(2**25).replace(b"\0", b"x"))
    image, _, notes = made(png_with("8", bomb), "same")
    assert "Title" not in image.info
    assert notes == ["text_dropped"]
    many = [text_chunk("tEXt", f"word {number}", b"x" * 2000) for number in range(3000)]
    image, data, notes = made(png_with("8", *many), "same")
    assert image.info["word 0"] == "x" * 2000
    assert len(data) < 5 * 2**20
    assert notes == ["text_dropped"]


@pytest.mark.parametrize("kind", ["8", "16"])
@pytest.mark.parametrize("how", ["exif", "APP1"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("name", ["tEXt", "zTXt", "iTXt"])
def test_exif_in_a_raw_profile_is_exif(kind: str, how: str, prefix: bytes, name: str) -> None:
    block = exif_block(6, size=(96, 64))
    source = png_with(kind, raw_profile(how, prefix + block, name))
    picture = decode(source, LIMITS)
    assert picture.pixels.shape[:2] == (96, 64), "it counts for the orientation too"
    for target in OUTPUTS:
        image, data, _ = made(source, target)
        assert image.getexif()[0x010F] == "Maker"
        assert image.getexif().get(0x0112, 1) == 1
        assert b"THUMBNAIL" not in data
    assert not [key for key in made(source, "png")[0].info if key.startswith("Raw profile")]
    stripped = made(source, "png", "strip_gps")
    assert b"GPSPLACE" not in stripped[1]
    assert "gps_dropped" in stripped[2]


@pytest.mark.parametrize("how", ["xmp", "APP1"])
def test_xmp_in_a_raw_profile_is_xmp(how: str) -> None:
    prefix = b"http://ns.adobe.com/xap/1.0/\0" if how == "APP1" else b""
    image, _, _ = made(png_with("8", raw_profile(how, prefix + xmp_packet())), "jpeg")
    assert "Käthe" in image.info["xmp"].decode()


IIM = [(2, 120, "Größe"), (2, 80, "Käthe"), (2, 80, "Jürgen"), (2, 116, "© K"), (2, 25, "eins"), (2, 25, "zwei ü")]
IIM += [(2, 105, "Überschrift"), (2, 110, "Agentur"), (2, 90, "Garching"), (2, 101, "Bayern")]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize(
    "where", ["jpeg", "jpeg of two segments", "png", "png of exiftool", "tiff", "photoshop's tiff"]
)
@pytest.mark.parametrize("policy", POLICIES)
def test_iptc_is_xmp(encoding: str, where: str, policy: str) -> None:
    iim = datasets(*[(record, number, value.encode(encoding)) for record, number, value in IIM])
    iim = (datasets((1, 90, b"\x1b%G")) if encoding == "utf-8" else b"") + iim
    block = irb(iim)
    half = len(block) // 2
    photoshop = b"Photoshop 3.0\0"
    data = {
        "jpeg": lambda: jpeg_with(0xED, photoshop + block),
        "jpeg of two segments": lambda: jpeg_with(0xED, photoshop + block[:half], photoshop + block[half:]),
        "png": lambda: png_with("8", raw_profile("iptc", block)),
        "png of exiftool": lambda: png_with("8", raw_profile("iptc", block, title="IPTC profile")),
        "tiff": lambda: saved(SMALL, "TIFF", tiffinfo={33723: iim}),
        "photoshop's tiff": lambda: saved(SMALL, "TIFF", tiffinfo={34377: block}),
    }[where]()
    for target in OUTPUTS:
        image, written, notes = made(data, target, policy)
        packet = image.info.get("xmp", b"").decode()
        if policy == "strip":
            assert "Größe" not in packet
            continue
        for _, number, value in IIM:
            assert (f">{value}<" in packet) == (policy == "keep" or number not in (90, 101)), value
        assert "iptc_to_xmp" in notes
        assert "iptc_dropped" not in notes
        assert (b"Garching" in written) == (policy == "keep")


def test_iptc_of_every_kind() -> None:
    found, notes = properties_of(datasets((2, 55, b"20240506"), (2, 60, b"070809+0200"), (2, 62, b"20240500")))
    assert [(each.name, *each.values) for each in found] == [
        ("photoshop:DateCreated", "2024-05-06T07:08:09+02:00"),
        ("xmp:CreateDate", "2024-05"),
    ]
    assert notes == []
    picture = decode(jpeg_with(0xED, b"Photoshop 3.0\0" + irb(datasets((2, 5, b"Ti\1tel"), (2, 25, b"\2")))), LIMITS)
    assert b">Titel<" in encode(picture, OutputOptions()).data
    assert properties_of(datasets((2, 7, b"status")))[1] == ["iptc_dropped"]
    assert properties_of(datasets((2, 202, b"a preview")))[1] == ["thumbnail_dropped"]
    assert properties_of(b"nonsense") == ([], ["iptc_dropped"])
    found, notes = properties_of(datasets((2, 5, b"Titel"))[:-2])
    assert (found[0].values, notes) == (["Tit"], ["iptc_dropped"])
    found, notes = properties_of(datasets((2, 5, b"Titel")) + b"garbage")
    assert (found[0].values, notes) == (["Titel"], ["iptc_dropped"])
    assert properties_of(datasets((2, 5, b"Titel")) + bytes(3))[1] == []
    assert properties_of(datasets((2, 55, "²²²²²²²²".encode())))[0] == []
    long = b"\x1c\x02\x78\x80\x04" + struct.pack(">I", 40_000) + b"x" * 40_000
    assert properties_of(long)[0][0].values == ["x" * 40_000]


@pytest.mark.parametrize("name", [b"gAMA", b"cHRM", b"pHYs", b"tIME", b"sRGB", b"bKGD", b"iCCP", b"eXIf"])
@pytest.mark.parametrize("body", [b"", b"\0", bytes(7), bytes(300)])
def test_a_damaged_chunk_beside_the_pixels_does_not_matter(name: bytes, body: bytes) -> None:
    want = decode(saved(SMALL, "PNG"), LIMITS).pixels.copy()
    assert (decode(png_with("8", chunk(name, body)), LIMITS).pixels == want).all()
    assert (decode(png_with("8", chunk(name, body)[:-1] + b"?"), LIMITS).pixels == want).all()
