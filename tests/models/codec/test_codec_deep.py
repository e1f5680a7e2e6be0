"""16 bits a channel: rounded, not cut off, said so; and refused where the pixels would come out wrong."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode, read_header
from models.errors import PhotoError
from tests.models.codec.codec_samples import PHOTO, exif_block, gray_profile, saved, stored, wide_profile, xmp_packet
from tests.models.codec.deep_samples import DEEP, chunk, deep_png, deep_tiff

LIMITS = Limits()
ROUNDED = np.rint(DEEP / 257).astype(np.uint8)
P3_SRGB = bytes([12, 13, 0, 1])


def expected(channels: int) -> np.ndarray:
    """What DEEP with so many channels is in RGBA of 8 bits."""
    grey = ROUNDED[..., [0, 0, 0]]
    opaque = np.full_like(ROUNDED[..., 3:], 255)
    colours = grey if channels < 3 else ROUNDED[..., :3]
    alpha = ROUNDED[..., 1:2] if channels == 2 else ROUNDED[..., 3:] if channels == 4 else opaque
    return np.concatenate([colours, alpha], axis=-1)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_of_16_bits_is_rounded(channels: int) -> None:
    data = deep_png(DEEP[..., :channels])
    assert read_header(data, LIMITS).bits == 16
    picture = decode(data, LIMITS)
    assert (picture.pixels == expected(channels)).all()
    assert picture.has_alpha == (channels in (2, 4))
    assert picture.notes == ["depth_reduced"]
    written = encode(picture, OutputOptions())
    assert (decode(written.data, LIMITS).pixels == picture.pixels).all()


# Pillow, which reads the tags, knows no BigTIFF that is big-endian
@pytest.mark.parametrize(("order", "large"), [("<", False), (">", False), ("<", True)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_tiff_of_16_bits_is_rounded(order: str, large: bool, channels: int) -> None:
    data = deep_tiff(DEEP[..., :channels], order=order, large=large, **({"extra": [2]} if channels == 4 else {}))
    assert read_header(data, LIMITS).bits == 16
    picture = decode(data, LIMITS)
    assert (picture.pixels == expected(channels)).all()
    assert picture.has_alpha == (channels == 4)
    assert picture.notes == ["depth_reduced"]


@pytest.mark.parametrize("compression", [8, 32946])
def test_compressed_tiffs_of_16_bits_are_read(compression: int) -> None:
    data = deep_tiff(DEEP[..., :3], compression=[compression], packing=zlib.compress)
    assert (decode(data, LIMITS).pixels == expected(3)).all()


def test_a_tiff_of_16_bits_by_another_program() -> None:
    import cv2  # noqa: PLC0415  # it packs by LZW, with a predictor, in strips

    data = cv2.imencode(".tiff", np.ascontiguousarray(DEEP[..., 2::-1]))[1].tobytes()
    assert (decode(data, LIMITS).pixels == expected(3)).all()
    grey = decode(saved(Image.fromarray(DEEP[..., 0].copy()), "TIFF"), LIMITS)
    assert (grey.pixels == expected(1)).all()


def test_a_fourth_channel_that_is_no_alpha_is_left_out() -> None:
    picture = decode(deep_tiff(DEEP, extra=[0]), LIMITS)
    assert not picture.has_alpha
    assert (picture.pixels == expected(3)).all()


def test_colours_that_were_multiplied_by_alpha_are_divided() -> None:
    multiplied = DEEP.copy()
    multiplied[..., :3] = np.rint(DEEP[..., :3] * (DEEP[..., 3:] / 65_535))
    picture = decode(deep_tiff(multiplied, extra=[1]), LIMITS)
    assert picture.has_alpha
    seen = ROUNDED[..., 3] > 8
    assert np.abs(picture.pixels[seen].astype(int) - ROUNDED[seen]).max() <= 1


def test_white_may_be_zero() -> None:
    picture = decode(deep_tiff(DEEP[..., :1], photometric=[0]), LIMITS)
    assert (picture.pixels[..., :3] == 255 - expected(1)[..., :3]).all()


# Pillow, which reads the tags, knows no BigTIFF that is big-endian
@pytest.mark.parametrize(("order", "large"), [("<", False), (">", False), ("<", True)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_tiff_is_turned_once(order: str, large: bool, orientation: int) -> None:
    array = np.asarray(stored(PHOTO.resize((96, 64)), orientation)).astype(np.uint16) * 257
    data = deep_tiff(array, order=order, large=large, orientation=[orientation])
    assert (read_header(data, LIMITS).width, read_header(data, LIMITS).height) == (96, 64)
    picture = decode(data, LIMITS)
    assert picture.source.orientation == orientation
    assert (picture.pixels[..., :3] == np.asarray(PHOTO.resize((96, 64)))).all()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (deep_tiff(DEEP, photometric=[5]), "16 bits per channel in CMYK"),
        (deep_tiff(DEEP[..., :3], planar=[2]), "16 bits per channel in planes"),
        (deep_tiff(DEEP[..., :3], compression=[34925], packing=lambda pixels: pixels), "unusual compression"),
        (deep_tiff(DEEP[..., :1], sample_format=[2]), "16 bits with a sign"),
        (saved(Image.fromarray(DEEP[..., 0].astype(np.float32)), "TIFF"), "floating-point values"),
        (saved(Image.fromarray(DEEP[..., 0].astype(np.int32)), "TIFF"), "32 bits"),
    ],
)
def test_what_would_come_out_wrong_is_refused_in_the_header(data: bytes, why: str) -> None:
    for look in (read_header, decode):
        with pytest.raises(PhotoError, match="unsupported_bit_depth") as raised:
            look(data, LIMITS)
        assert why in raised.value.detail


def test_metadata_of_a_deep_png_comes_along() -> None:
    before = chunk(b"iCCP", b"name\0\0" + zlib.compress(wide_profile()))
    text = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp_packet())
    after = chunk(b"eXIf", exif_block(6, size=(61, 43))) + chunk(b"iTXt", text) + chunk(b"caBX", b"C2PA-MANIFEST")
    data = deep_png(DEEP[..., :3], before=before, after=after)
    picture = decode(data, LIMITS)
    assert picture.pixels.shape == (61, 43, 4)
    assert (read_header(data, LIMITS).width, read_header(data, LIMITS).height) == (43, 61)
    assert picture.notes == ["depth_reduced", "c2pa_dropped"]
    written = encode(picture, OutputOptions())
    image = Image.open(io.BytesIO(written.data))
    assert image.info["icc_profile"] == wide_profile()
    assert "Käthe" in image.info["xmp"].decode()
    assert image.getexif()[0x010F] == "Maker"
    assert b"C2PA" not in written.data


def test_metadata_of_a_deep_tiff_comes_along() -> None:
    picture = decode(deep_tiff(DEEP[..., :3], icc=wide_profile(), xmp=xmp_packet()), LIMITS)
    image = Image.open(io.BytesIO(encode(picture, OutputOptions()).data))
    assert image.info["icc_profile"] == wide_profile()
    assert "Käthe" in image.info["xmp"].decode()


@pytest.mark.parametrize("name", ["png", "tiff"])
def test_a_grey_profile_becomes_srgb(name: str) -> None:
    half = np.full((9, 9, 1), 32_896, np.uint16)  # half the light is 188 in sRGB
    packed = chunk(b"iCCP", b"grey\0\0" + zlib.compress(gray_profile()))
    data = deep_png(half, before=packed) if name == "png" else deep_tiff(half, icc=gray_profile())
    picture = decode(data, LIMITS)
    assert picture.source.icc is None
    assert picture.notes == ["depth_reduced", "gray_to_srgb"]
    assert np.abs(picture.pixels[..., :3].astype(int) - 188).max() <= 2


def test_code_points_count_more_than_a_profile() -> None:
    named = deep_png(
        DEEP[..., :3], before=chunk(b"cICP", P3_SRGB) + chunk(b"iCCP", b"n\0\0" + zlib.compress(wide_profile()))
    )
    icc = decode(named, LIMITS).source.icc
    assert icc not in (None, wide_profile())
    srgb = deep_png(DEEP[..., :3], before=chunk(b"cICP", bytes([1, 13, 0, 1])))
    assert decode(srgb, LIMITS).source.icc is None


def test_damage_of_a_deep_png_is_found_although_opencv_would_show_the_rest() -> None:
    data = bytearray(deep_png(DEEP[..., :3]))
    data[data.rindex(b"IDAT") + 9] ^= 1
    with pytest.raises(PhotoError, match="corrupt"):
        decode(bytes(data), LIMITS)
    whole = deep_png(DEEP[..., :3])
    at = whole.rindex(b"IDAT") - 4
    with pytest.raises(PhotoError, match="corrupt"):  # half of the pixels and a proper end
        decode(whole[:at] + chunk(b"IEND", b""), LIMITS)


def test_a_chunk_that_claims_gigabytes_is_not_believed() -> None:
    data = bytearray(deep_png(DEEP[..., :3]))
    data[33:37] = b"\x7f\0\0\0"  # the length of the first IDAT
    with pytest.raises(PhotoError, match="corrupt"):
        decode(bytes(data), LIMITS)


def test_limits_come_before_opencv() -> None:
    for data in (deep_png(DEEP), deep_tiff(DEEP, extra=[2])):
        with pytest.raises(PhotoError, match="too_many_pixels"):
            decode(data, Limits(max_pixels=61 * 43 - 1))
