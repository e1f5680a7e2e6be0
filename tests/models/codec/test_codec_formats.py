"""The other formats: modes, alpha, frames, thumbnails."""

import io

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from models.codec import (
    EXTENSIONS,
    MEDIA_TYPES,
    Limits,
    OutputOptions,
    decode,
    encode,
    output_format,
    thumbnail,
)
from tests.models.codec.codec_samples import PHOTO, gray_profile, saved, wide_profile
from tests.models.codec.heic_samples import heic

LIMITS = Limits()
WRITABLE = ["jpeg", "png", "webp", "avif", "tiff"]


def with_alpha() -> Image.Image:
    image = PHOTO.convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


@pytest.mark.parametrize("name", ["PNG", "TIFF", "BMP"])
def test_lossless_formats_decode_exactly(name: str) -> None:
    picture = decode(saved(PHOTO, name), LIMITS)
    assert (picture.pixels[..., :3] == np.asarray(PHOTO)).all()
    assert (picture.pixels[..., 3] == 255).all()
    again = encode(picture, OutputOptions())
    assert again.format == {"PNG": "png", "TIFF": "tiff", "BMP": "png"}[name]
    assert Image.open(io.BytesIO(again.data)).mode == "RGB"
    assert (decode(again.data, LIMITS).pixels == picture.pixels).all()


@pytest.mark.parametrize("name", ["png", "tiff", "webp", "avif"])
def test_alpha_is_kept(name: str) -> None:
    image = with_alpha()
    picture = decode(saved(image, "PNG"), LIMITS)
    assert picture.has_alpha
    assert (picture.pixels == np.asarray(image)).all()
    there = decode(encode(picture, OutputOptions(format=name)).data, LIMITS)
    assert there.has_alpha
    assert np.abs(there.pixels[..., 3].astype(int) - picture.pixels[..., 3]).max() <= 3


def test_alpha_goes_over_white_in_a_jpeg_and_says_so() -> None:
    picture = decode(saved(with_alpha(), "PNG"), LIMITS)
    before = picture.pixels.copy()
    written = encode(picture, OutputOptions(format="jpeg", quality=95))
    assert "alpha_flattened" in written.notes
    assert (picture.pixels == before).all()
    white = Image.alpha_composite(Image.new("RGBA", PHOTO.size, "white"), with_alpha()).convert("RGB")
    assert np.abs(decode(written.data, LIMITS).pixels[..., :3].astype(int) - np.asarray(white)).mean() < 3


def test_grey_palette_and_bilevel_become_colour() -> None:
    for mode in ("L", "1", "P"):
        image = PHOTO.quantize(64) if mode == "P" else PHOTO.convert(mode)
        picture = decode(saved(image, "PNG"), LIMITS)
        assert (picture.pixels[..., :3] == np.asarray(image.convert("RGB"))).all()
        assert not picture.has_alpha


def test_transparency_of_palettes_and_colour_keys_is_alpha() -> None:
    palette = PHOTO.quantize(16)
    for image, settings in (
        (palette, {"transparency": 3}),
        (PHOTO, {"transparency": PHOTO.getpixel((0, 0))}),
        (PHOTO.convert("LA"), {}),
    ):
        data = saved(image, "PNG", **settings)
        picture = decode(data, LIMITS)
        assert picture.has_alpha
        assert (picture.pixels == np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))).all()


def test_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    for name in ("GIF", "WEBP", "PNG"):
        data = saved(frames[0], name, save_all=True, append_images=frames[1:], duration=100, lossless=True)
        picture = decode(data, LIMITS)
        assert picture.pixels.shape == (40, 60, 4)
        assert tuple(picture.pixels[5, 5, :3]) == (255, 0, 0) or name == "WEBP"
        assert picture.pixels[5, 5, 0] > 250
        assert picture.pixels[5, 5, 2] < 5
        assert "first_frame_only" in picture.notes


def test_big_endian_tiled_and_compressed_tiffs_are_read() -> None:
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        picture = decode(saved(PHOTO, "TIFF", compression=compression), LIMITS)
        assert np.abs(picture.pixels[..., :3].astype(int) - np.asarray(PHOTO)).mean() < 5


def test_cmyk_tiff_becomes_srgb_and_profiles_of_other_colours_go() -> None:
    picture = decode(saved(PHOTO.convert("CMYK"), "TIFF"), LIMITS)
    assert np.abs(picture.pixels[..., :3].astype(int) - np.asarray(PHOTO)).mean() < 2
    assert "cmyk_to_srgb" in picture.notes
    assert decode(saved(PHOTO, "PNG", icc_profile=gray_profile()), LIMITS).source.icc is None


@pytest.mark.parametrize("name", ["WEBP", "AVIF", "HEIC"])
@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_profile_counts_in_formats_that_store_grey_as_colours(name: str, mode: str) -> None:
    image = Image.new("L", (64, 48), 128)
    if mode == "LA":
        image.putalpha(200)
    if name == "HEIC":
        data = heic(image, icc_profile=gray_profile())
    else:
        data = saved(image.convert("RGBA" if mode == "LA" else "RGB"), name, icc_profile=gray_profile())
    picture = decode(data, LIMITS)
    assert np.abs(picture.pixels[..., :3].astype(int) - 188).max() <= 3  # half the light is 188 in sRGB
    assert "gray_to_srgb" in picture.notes
    assert "bad_profile" not in picture.notes
    assert decode(saved(PHOTO, "PNG", icc_profile=wide_profile()), LIMITS).source.icc == wide_profile()


def test_formats_extensions_and_types() -> None:
    for source in EXTENSIONS:
        assert output_format(source, OutputOptions()) in WRITABLE
        assert output_format(source, OutputOptions(format="webp")) == "webp"
        assert MEDIA_TYPES[source] == f"image/{source}"
    assert output_format("gif", OutputOptions()) == "png"


@pytest.mark.parametrize("name", WRITABLE)
def test_the_same_picture_gives_the_same_bytes(name: str) -> None:
    picture = decode(saved(PHOTO, "JPEG"), LIMITS)
    assert encode(picture, OutputOptions(format=name)).data == encode(picture, OutputOptions(format=name)).data


def test_thumbnails_are_small_upright_and_white_behind_alpha() -> None:
    pixels = decode(saved(PHOTO.resize((2000, 1330)), "JPEG", quality=95), LIMITS).pixels
    small = simplejpeg.decode_jpeg(thumbnail(pixels), "RGB")
    assert small.shape == (239, 360, 3)
    assert np.abs(small.astype(int) - np.asarray(PHOTO.resize((360, 239), Image.Resampling.BOX))).mean() < 4
    assert simplejpeg.decode_jpeg(thumbnail(pixels[:7, :5]), "RGB").shape == (7, 5, 3)
    assert simplejpeg.decode_jpeg(thumbnail(pixels[:1]), "RGB").shape == (1, 360, 3)
    assert (simplejpeg.decode_jpeg(thumbnail(np.zeros((900, 900, 4), np.uint8)), "RGB") == 255).all()


def test_a_strip_of_a_larger_array_is_written_too() -> None:
    picture = decode(saved(PHOTO, "PNG"), LIMITS)
    picture.pixels = picture.pixels[10:110, 20:220]
    for name in WRITABLE:
        written = encode(picture, OutputOptions(format=name))
        assert (written.width, written.height) == (200, 100)
        assert decode(written.data, LIMITS).pixels.shape == (100, 200, 4)
