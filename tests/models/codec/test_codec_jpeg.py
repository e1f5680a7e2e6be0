"""JPEG in and out: what a photographer sees and what a viewer reads."""

import io
import weakref

import cv2
import numpy as np
import pytest
import simplejpeg
from PIL import Image
from skimage.color import lab2rgb

from models.codec import Limits, OutputOptions, Workspace, decode, encode, read_header
from models.codec.container.jpeg_segments import read_segments
from tests.models.codec.codec_samples import (
    PHOTO,
    SRGB,
    camera_jpeg,
    cmyk_profile,
    gray_profile,
    saved,
    stored,
    wide_profile,
)

LIMITS = Limits()


def mean_difference(pixels: np.ndarray, image: Image.Image) -> float:
    return float(np.abs(pixels[..., :3].astype(int) - np.asarray(image.convert("RGB"))).mean())


def test_a_plain_jpeg_decodes_as_others_decode_it() -> None:
    data = saved(PHOTO, "JPEG", quality=92)
    picture = decode(data, LIMITS)
    assert mean_difference(picture.pixels, Image.open(io.BytesIO(data))) < 1
    assert (picture.pixels[..., 3] == 255).all()
    assert not picture.has_alpha
    assert picture.pixels.flags.writeable
    assert picture.pixels.flags.c_contiguous


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_orientations_come_out_upright(name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    settings = {"quality": 95} if name in ("JPEG", "WEBP", "AVIF") else {}
    data = saved(stored(PHOTO, orientation), name, exif=exif, **settings)
    picture = decode(data, LIMITS)
    header = read_header(data, LIMITS)
    assert picture.source.orientation == orientation
    assert (header.width, header.height) == PHOTO.size == (picture.source.width, picture.source.height)
    assert mean_difference(picture.pixels, PHOTO) < 3
    written = Image.open(io.BytesIO(encode(picture, OutputOptions()).data))
    assert written.size == PHOTO.size
    assert written.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("subsampling", ["444", "422", "420", "440", "411"])
def test_the_subsampling_is_kept(subsampling: str) -> None:
    data = simplejpeg.encode_jpeg(np.asarray(PHOTO), 90, "RGB", subsampling)
    picture = decode(data, LIMITS)
    assert picture.source.subsampling == subsampling
    assert read_segments(encode(picture, OutputOptions()).data).subsampling == subsampling
    assert read_segments(encode(picture, OutputOptions(subsampling="422")).data).subsampling == "422"


def test_grey_stays_grey_until_something_colours_it() -> None:
    data = saved(PHOTO.convert("L"), "JPEG", quality=95)
    picture = decode(data, LIMITS)
    assert mean_difference(picture.pixels, PHOTO.convert("L")) < 1
    assert read_segments(encode(picture, OutputOptions()).data).components == 1
    picture.pixels[0, 0, 0] ^= 8
    assert read_segments(encode(picture, OutputOptions()).data).subsampling == "420"


def test_a_grey_profile_becomes_srgb() -> None:
    linear = Image.new("L", (64, 48), 128)
    picture = decode(saved(linear, "JPEG", icc_profile=gray_profile()), LIMITS)
    assert picture.source.icc is None
    assert abs(int(picture.pixels[5, 5, 0]) - 188) <= 2  # half the light is 188 in sRGB
    assert "gray_to_srgb" in picture.notes


def test_a_wide_profile_of_three_chunks_survives_bit_for_bit() -> None:
    profile = wide_profile()
    data = saved(PHOTO, "JPEG", icc_profile=profile)
    assert data.count(b"ICC_PROFILE\0") == 3
    picture = decode(data, LIMITS)
    assert picture.source.icc == profile
    for name in ("same", "png", "webp", "avif", "tiff"):
        written = Image.open(io.BytesIO(encode(picture, OutputOptions(format=name)).data))
        assert written.info["icc_profile"] == profile
    assert Image.open(io.BytesIO(encode(picture, OutputOptions(metadata="strip")).data)).info["icc_profile"] == profile


@pytest.mark.parametrize(
    "damage", [SRGB[:60], b"no profile at all", SRGB.replace(b"RGB ", b"RGBA", 1)], ids=["cut", "none", "longer"]
)
def test_a_broken_profile_is_dropped_and_the_photo_goes_on(damage: bytes) -> None:
    picture = decode(saved(PHOTO, "JPEG", icc_profile=damage), LIMITS)
    assert picture.source.icc is None
    assert "bad_profile" in picture.notes


def test_a_missing_chunk_of_a_profile_is_noticed() -> None:
    data = saved(PHOTO, "JPEG", icc_profile=wide_profile()).replace(b"ICC_PROFILE\0\x02", b"ICC_PROFILX\0\x02")
    picture = decode(data, LIMITS)
    assert picture.source.icc is None
    assert "bad_profile" in picture.notes


def test_cmyk_looks_as_it_did() -> None:
    for adobe in (True, False):
        inks = PHOTO.convert("CMYK")
        data = saved(inks, "JPEG", quality=95, subsampling=0)
        if not adobe:  # without the marker inks are stored as they are, with it inverted
            data = saved(Image.eval(inks, lambda value: 255 - value), "JPEG", quality=95, subsampling=0)
            at = data.index(b"\xff\xeeAdobe"[:2])
            data = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]
        picture = decode(data, LIMITS)
        assert mean_difference(picture.pixels, PHOTO) < 3
        assert "cmyk_to_srgb" in picture.notes


def test_cmyk_is_converted_by_its_profile() -> None:
    inks = Image.new("CMYK", (64, 48), (255, 0, 0, 0))
    picture = decode(saved(inks, "JPEG", quality=100, icc_profile=cmyk_profile()), LIMITS)
    want = lab2rgb((60.0, -35.0, -45.0)) * 255  # the profile's full cyan; without it (0, 255, 255)
    assert picture.source.icc is None
    assert np.abs(picture.pixels[20, 20, :3].astype(int) - want).max() <= 12
    assert read_segments(encode(picture, OutputOptions()).data).components == 3


def test_progressive_and_rgb_coded_jpegs_are_read() -> None:
    progressive = decode(saved(PHOTO, "JPEG", quality=95, progressive=True), LIMITS)
    assert "progressive" in progressive.notes
    coded = decode(saved(PHOTO, "JPEG", quality=95, keep_rgb=True), LIMITS)
    for picture in (progressive, coded):
        assert mean_difference(picture.pixels, PHOTO) < 3


def test_stray_bytes_change_nothing() -> None:
    data = saved(PHOTO, "JPEG", quality=92)
    at = data.rindex(b"\xff\xd9")
    stray = decode(data[:at] + bytes(7) + data[at:], LIMITS)
    assert (stray.pixels == decode(data, LIMITS).pixels).all()


def test_what_follows_the_picture_is_ignored_and_what_is_dropped_is_said() -> None:
    picture = decode(camera_jpeg() + b"MOTION-PHOTO-OR-GAIN-MAP" * 1000, LIMITS)
    assert {"mpf_dropped", "c2pa_dropped", "photoshop_dropped"} <= set(picture.notes)
    written = encode(picture, OutputOptions())
    assert "gain_map_dropped" in written.notes
    for remains in (b"MPF-INDEX", b"C2PA-MANIFEST", b"IRB-WITH", b"MOTION-PHOTO"):
        assert remains not in written.data


def test_a_workspace_is_used_again_and_lets_go_of_a_giant() -> None:
    workspace = Workspace()
    small, large = saved(PHOTO, "JPEG"), saved(PHOTO.resize((2000, 1500)), "JPEG")
    first = decode(small, LIMITS, workspace).pixels
    assert np.shares_memory(first, decode(small, LIMITS, workspace).pixels)
    before = weakref.ref(first.base)
    del first
    giant = weakref.ref(decode(large, LIMITS, workspace).pixels.base)
    assert before() is None
    assert giant().size == 2000 * 1500 * 4
    for _ in range(10):
        workspace.trim()
        decode(small, LIMITS, workspace)
    assert giant() is None
    assert decode(small, LIMITS, workspace).pixels.base.size == 451 * 300 * 4


@pytest.mark.parametrize("options", [{"quality": 75}, {"quality": 88, "progressive": True}, {"quality": 97}])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_without_a_quality_the_tables_of_the_source_stay(options: dict[str, int], subsampling: int) -> None:
    data = saved(PHOTO, "JPEG", subsampling=subsampling, **options)
    picture = decode(data, LIMITS)
    before = picture.pixels.copy()
    again = encode(picture, OutputOptions()).data
    source, result = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(again))
    assert result.quantization == source.quantization
    assert cv2.PSNR(before[..., :3].copy(), decode(again, LIMITS).pixels[..., :3].copy()) > 50
    assert 0.9 < len(again) / len(data) < 1.1
    other = Image.open(io.BytesIO(encode(picture, OutputOptions(quality=92)).data))
    assert other.quantization != source.quantization


def test_a_turned_picture_has_turned_tables() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    table = list(range(2, 66))
    target = io.BytesIO()
    PHOTO.save(target, "JPEG", qtables=[table], exif=exif)
    again = Image.open(io.BytesIO(encode(decode(target.getvalue(), LIMITS), OutputOptions()).data))
    assert again.quantization[0] == [table[8 * row + column] for column in range(8) for row in range(8)]


def test_very_coarse_tables_do_not_stay() -> None:
    data = saved(PHOTO, "JPEG", quality=15)
    again = Image.open(io.BytesIO(encode(decode(data, LIMITS), OutputOptions()).data))
    assert again.quantization[0][0] < 10
