"""HEIC: what a phone took looks as it does on the phone, and what lies beside the photo is named."""

import io
import struct
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode, read_header
from models.errors import PhotoError
from tests.models.codec.codec_samples import PHOTO, exif_block, stored, xmp_packet
from tests.models.codec.heic_samples import (
    LOSSLESS,
    P3,
    PQ,
    cropped,
    deep_heic,
    heic,
    meta_end,
    several,
    with_auxiliary,
)

LIMITS = Limits()
GAIN_MAP = "urn:com:apple:photo:2020:aux:hdrgainmap"


def mean_difference(pixels: np.ndarray, image: Image.Image) -> float:
    return float(np.abs(pixels[..., :3].astype(int) - np.asarray(image.convert("RGB"))).mean())


def test_a_photo_becomes_a_jpeg() -> None:
    data = heic(PHOTO)
    header = read_header(data, LIMITS)
    assert (header.format, header.width, header.height) == ("heic", 451, 300)
    picture = decode(data, LIMITS)
    assert mean_difference(picture.pixels, PHOTO) < 3
    assert (picture.pixels[..., 3] == 255).all()
    assert not picture.has_alpha
    assert picture.notes == []
    written = encode(picture, OutputOptions())
    assert written.format == "jpeg"
    assert mean_difference(np.asarray(Image.open(io.BytesIO(written.data))), PHOTO) < 4


def test_lossless_is_exact() -> None:
    assert (decode(heic(PHOTO, **LOSSLESS), LIMITS).pixels[..., :3] == np.asarray(PHOTO)).all()


def test_a_photo_of_48_tiles_is_whole() -> None:
    photo = PHOTO.resize((504, 378))  # an eighth of 12 MP, as are the tiles
    data = heic(photo, tile_size=64)
    assert data.count(b"hvc1") == 48
    assert (read_header(data, LIMITS).width, read_header(data, LIMITS).height) == (504, 378)
    picture = decode(data, LIMITS)
    assert mean_difference(picture.pixels, photo) < 3
    assert picture.notes == []


def test_grey_and_alpha() -> None:
    grey = decode(heic(PHOTO.convert("L")), LIMITS)
    assert mean_difference(grey.pixels, PHOTO.convert("L")) < 2
    clear = PHOTO.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    picture = decode(heic(clear), LIMITS)
    assert picture.has_alpha
    assert np.abs(picture.pixels[..., 3].astype(int) - np.asarray(clear)[..., 3]).max() <= 4
    assert picture.notes == []


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("colours", ["grey", "rgb"])
def test_deep_colours_are_rounded_to_8_bits_and_it_is_said(bits: int, colours: str) -> None:
    ramp = np.tile(np.linspace(0, 65_535, 256).astype(np.uint16), (64, 1))
    settings = LOSSLESS if colours == "rgb" else {"quality": -1}
    data = deep_heic(np.dstack([ramp] * 3) if colours == "rgb" else ramp, bits, **settings)
    picture = decode(data, LIMITS)
    assert picture.notes == ["depth_reduced"]
    assert (picture.pixels[..., :3] == np.arange(256)[None, :, None]).all()


def test_display_p3_that_is_only_named_gets_its_profile() -> None:
    picture = decode(heic(PHOTO, **P3), LIMITS)
    assert picture.source.icc is not None
    assert Image.open(io.BytesIO(encode(picture, OutputOptions()).data)).info["icc_profile"] == picture.source.icc
    assert decode(heic(PHOTO), LIMITS).source.icc is None


def test_hdr_is_shown_as_far_as_a_screen_of_today_can() -> None:
    # signals of PQ (SMPTE ST 2084) for 0, 20.3, 203 (paper white) and 10,000 nits, and what becomes of them in sRGB
    patches = np.repeat(np.array([0, 23_481, 38_055, 65_535], np.uint16), 64)
    data = deep_heic(np.dstack([np.tile(patches, (64, 1))] * 3), 10, quality=-1, chroma=444, **PQ)
    picture = decode(data, LIMITS)
    assert picture.notes == ["depth_reduced", "hdr_to_sdr"]
    assert picture.source.icc is None
    shown = picture.pixels[32, 32::64, :3].astype(int)
    assert np.abs(shown - np.array([0, 89, 231, 255])[:, None]).max() <= 3


def test_exif_and_xmp_come_along() -> None:
    data = heic(
        PHOTO, exif=b"Exif\0\0" + exif_block(1), xmp=xmp_packet().replace(b'Orientation="6"', b'Orientation="1"')
    )
    written = encode(decode(data, LIMITS), OutputOptions())
    image = Image.open(io.BytesIO(written.data))
    assert image.getexif()[0x010F] == "Maker"
    assert image.getexif().get_ifd(0x8825)[2] == (48, 8, 15)
    assert "Käthe" in image.info["xmp"].decode()
    assert "thumbnail_dropped" in written.notes


def test_an_orientation_in_exif_alone_is_not_acted_on() -> None:
    # The container says how a HEIC is turned; EXIF repeats it. Where only EXIF does, no phone turns the photo.
    data = heic(PHOTO, exif=b"Exif\0\0" + exif_block(1)).replace(exif_block(1), exif_block(6))
    picture = decode(data, LIMITS)
    assert mean_difference(picture.pixels, PHOTO) < 3
    assert Image.open(io.BytesIO(encode(picture, OutputOptions()).data)).getexif()[0x0112] == 1


def test_the_main_picture_of_several_is_taken() -> None:
    data = several([PHOTO.resize((99, 80)), PHOTO, PHOTO.resize((50, 60))], primary=1)
    assert read_header(data, LIMITS).width == 451
    picture = decode(data, LIMITS)
    assert mean_difference(picture.pixels, PHOTO) < 3
    assert picture.notes == ["first_frame_only"]


@pytest.mark.parametrize(
    ("use", "note"),
    [
        (GAIN_MAP, "gain_map_dropped"),
        ("urn:mpeg:hevc:2015:auxid:2", "depth_dropped"),
        ("urn:com:apple:photo:2018:aux:portraiteffectsmatte", "auxiliary_dropped"),
    ],
)
def test_maps_beside_the_photo_are_named(use: str, note: str) -> None:
    with_thumbnail = heic(PHOTO.convert("L"), thumbnails=[64])
    assert decode(with_thumbnail, LIMITS).notes == ["thumbnail_dropped"]
    picture = decode(with_auxiliary(with_thumbnail, use), LIMITS)
    assert picture.notes == [note]
    assert mean_difference(picture.pixels, PHOTO.convert("L")) < 3


def test_credentials_are_named() -> None:
    manifest = b"uuid" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"MANIFEST"
    picture = decode(heic(PHOTO) + struct.pack(">I", len(manifest) + 4) + manifest, LIMITS)
    assert picture.notes == ["c2pa_dropped"]
    assert b"MANIFEST" not in encode(picture, OutputOptions()).data


@pytest.mark.parametrize(
    ("orientation", "place", "box"),
    [  # left, top, right, bottom
        (1, None, (125, 100, 325, 200)),
        (1, 0, (125, 100, 325, 200)),
        (6, None, (125, 100, 325, 200)),
        (6, 0, (175, 50, 275, 250)),  # cropped before it is turned
    ],
)
def test_a_crop_of_the_container_is_what_is_shown(
    orientation: int, place: int | None, box: tuple[int, int, int, int]
) -> None:
    photo = PHOTO.crop((0, 0, 450, 300))  # libheif itself would crop odd sizes
    data = heic(stored(photo, orientation), exif=b"Exif\0\0" + exif_block(orientation), **LOSSLESS)
    data = cropped(data, struct.pack(">IIIIiIiI", 200, 1, 100, 1, 0, 1, 0, 1), place)  # around the middle
    left, top, right, bottom = box
    header = read_header(data, LIMITS)
    assert (header.width, header.height) == (right - left, bottom - top)
    assert (decode(data, LIMITS).pixels[..., :3] == np.asarray(photo)[top:bottom, left:right]).all()


@pytest.mark.parametrize("at", [0, 1])
def test_a_tile_or_map_of_gigapixels_is_refused_in_the_header(at: int) -> None:
    data = bytearray(heic(PHOTO, tile_size=64))
    place = -1
    for _ in range(at + 1):
        place = data.index(b"ispe", place + 1)
    data[place + 8 : place + 16] = struct.pack(">II", 160_000, 125_000)
    for look in (read_header, decode):
        with pytest.raises(PhotoError, match="too_many_pixels"):
            look(bytes(data), LIMITS)


@pytest.mark.parametrize("tile_size", [0, 64])
def test_a_stream_that_is_larger_than_its_boxes_say_is_refused(tile_size: int) -> None:
    whole = heic(PHOTO.resize((128, 96)), tile_size=tile_size)
    size = (64, 64) if tile_size else (128, 96)
    data = whole.replace(struct.pack(">II", *size), struct.pack(">II", 32, 32))
    assert data != whole
    with pytest.raises(PhotoError, match="corrupt"):
        decode(data, LIMITS)


def test_the_head_of_an_upload_is_enough_for_its_header() -> None:
    data = heic(PHOTO, tile_size=64)
    assert read_header(data[: meta_end(data)], LIMITS).width == 451
    with pytest.raises(PhotoError, match="truncated"):
        read_header(data[: meta_end(data) - 9], LIMITS)


def test_heif_that_is_not_heic_is_refused() -> None:
    data = heic(PHOTO).replace(b"hvc1", b"j2k1")
    with pytest.raises(PhotoError, match="another kind"):
        decode(data, LIMITS)
    moving = b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc" + b"\0\0\0\x10moov" + bytes(8)
    with pytest.raises(PhotoError, match="a sequence of pictures"):
        read_header(moving, LIMITS)


def test_libheif_is_loaded_when_the_first_heic_comes_and_not_for_a_header() -> None:
    data, other = heic(PHOTO), io.BytesIO()
    PHOTO.save(other, "PNG")
    program = (
        "import sys; from models.codec import Limits, decode, read_header; import models.codec.encoder; "
        f"heic, png = bytes.fromhex({data.hex()!r}), bytes.fromhex({other.getvalue().hex()!r}); "
        "read_header(heic, Limits()); decode(png, Limits()); print('pillow_heif' in sys.modules); "
        "decode(heic, Limits()); print('pillow_heif' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
