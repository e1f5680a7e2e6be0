"""Colours that a PNG describes: by gamma and corners, and by what counts more than these."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from models.codec import Limits, OutputOptions, decode, encode
from tests.models.codec.codec_samples import SRGB, adobe_profile, gray_profile, saved, wide_profile
from tests.models.codec.deep_samples import chunk, deep_png
from tests.models.codec.png_samples import KEY, KINDS, corners, gamma, png_of, with_chunks
from tests.models.codec.test_codec_colours import SWEEP, off_by, viewed

LIMITS = Limits()
LEVELS = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
OF_SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
OF_ADOBE_RGB = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
OF_P3 = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
SWAPPED = (0.3127, 0.3290, 0.30, 0.60, 0.64, 0.33, 0.15, 0.06)


def in_srgb(light: np.ndarray) -> np.ndarray:
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [1.0, 1 / 1.8, 0.35])
def test_a_gamma_is_applied_and_alpha_left_alone(kind: str, value: float) -> None:
    plain = decode(png_of(kind, LEVELS), LIMITS).pixels.copy()
    picture = decode(png_of(kind, LEVELS, before=gamma(value)), LIMITS)
    assert picture.source.icc is None
    want = in_srgb((LEVELS / 255) ** (1 / value))
    assert np.abs(picture.pixels[..., :3] - want[..., None]).max() <= 0.51
    assert (picture.pixels[..., 3] == plain[..., 3]).all()
    assert (plain[..., 3] == (200 if kind.endswith("A") else 255)).mean() >= 255 / 256
    if kind.endswith("key"):
        assert (picture.pixels[:, KEY, 3] == 0).all()


def test_linear_light_of_16_bits_has_no_bands_in_its_shadows() -> None:
    light = np.arange(2048, dtype=np.uint16)
    picture = decode(deep_png(light[None, :, None], before=gamma(1)), LIMITS)
    assert np.abs(picture.pixels[0, :, 0] - in_srgb(light / 65_535)).max() <= 0.51


@pytest.mark.parametrize("value", [0.45, 0.45454, 0.45455, 0.46])
@pytest.mark.parametrize(
    "given", [b"", corners(*OF_SRGB), corners(0.31270, 0.32900, 0.6401, 0.3300, 0.3, 0.6, 0.15, 0.0599)]
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_gamma_that_programs_write_for_srgb_changes_nothing(kind: str, given: bytes, value: float) -> None:
    plain = decode(png_of(kind, LEVELS), LIMITS).pixels.copy()
    picture = decode(png_of(kind, LEVELS, before=gamma(value) + given), LIMITS)
    assert picture.source.icc is None
    assert (picture.pixels == plain).all()


def sweep(deep: bool, before: bytes) -> bytes:
    if deep:
        return deep_png(np.asarray(SWEEP).astype(np.uint16) * 257, before=before)
    return with_chunks(saved(SWEEP, "PNG"), before=before)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(
    ("before", "icc"),
    [(gamma(256 / 563) + corners(*OF_ADOBE_RGB), adobe_profile()), (corners(*OF_P3), wide_profile())],
)
def test_corners_outside_of_srgb_stay_and_are_told_by_a_profile(deep: bool, before: bytes, icc: bytes) -> None:
    if icc == wide_profile():  # it has a gamma of 563/256
        before += gamma(256 / 563)
    picture = decode(sweep(deep, before), LIMITS)
    assert (picture.pixels[..., :3] == np.asarray(SWEEP)).all()
    for target in ("png", "tiff", "jpeg", "webp", "avif"):
        written = encode(picture, OutputOptions(format=target, quality=100, subsampling="444"))
        assert off_by(written.data, viewed(SWEEP, icc)) <= 1, target


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("with_gamma", [False, True])
def test_corners_that_srgb_holds_become_srgb(deep: bool, with_gamma: bool) -> None:
    picture = decode(sweep(deep, corners(*SWAPPED) + (gamma(1) if with_gamma else b"")), LIMITS)
    assert picture.source.icc is None
    want = np.asarray(SWEEP)[..., [1, 0, 2]]
    want = in_srgb(want / 255) if with_gamma else want
    assert np.abs(picture.pixels[..., :3] - want).max() <= 1.5


def test_white_is_white_whatever_its_corner() -> None:
    warm = corners(0.3457, 0.3585, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
    written = encode(decode(sweep(False, warm), LIMITS), OutputOptions())
    image = Image.open(io.BytesIO(written.data))
    icc = ImageCms.ImageCmsProfile(io.BytesIO(image.info.get("icc_profile", SRGB)))
    shown = ImageCms.profileToProfile(image, icc, ImageCms.createProfile("sRGB"))
    assert np.asarray(shown)[np.asarray(SWEEP).min(-1) == 255].min() >= 254


RANKS = [
    chunk(b"cICP", bytes([12, 13, 0, 1])),
    chunk(b"iCCP", b"n\0\0" + zlib.compress(adobe_profile())),
    chunk(b"sRGB", b"\0"),
    gamma(1) + corners(*SWAPPED),
]


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("highest", range(4))
def test_what_counts_more_decides(deep: bool, turned: bool, highest: int) -> None:
    alone, several = RANKS[highest], RANKS[highest:][:: -1 if turned else 1]
    only = decode(sweep(deep, alone), LIMITS)
    pixels = only.pixels.copy()
    picture = decode(sweep(deep, b"".join(several)), LIMITS)
    assert picture.source.icc == only.source.icc
    assert (picture.pixels == pixels).all()
    assert picture.notes == only.notes
    assert (only.source.icc is None) == (highest >= 2)
    assert (pixels[..., :3] == np.asarray(SWEEP)).all() == (highest < 3)


def test_a_code_point_that_names_nothing_leaves_the_word_to_the_others() -> None:
    icc = decode(sweep(False, chunk(b"cICP", bytes([2, 2, 0, 1])) + RANKS[1]), LIMITS).source.icc
    assert icc == adobe_profile()


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(
    "broken",
    [
        gamma(0),
        chunk(b"gAMA", b"\xff\xff\xff\xff"),
        chunk(b"cHRM", bytes(32)),
        chunk(b"cHRM", b"\xff" * 32),
        corners(0.3, 0.3, *(0.3, 0.3) * 3),
        corners(0.3127, 0.00001, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06),
    ],
)
def test_nonsense_is_not_believed(deep: bool, broken: bytes) -> None:
    picture = decode(sweep(deep, broken), LIMITS)
    assert (picture.pixels[..., :3] == np.asarray(SWEEP)).all()
    assert picture.source.icc is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "L" in kind])
def test_grey_with_or_without_alpha_is_converted_by_its_profile(kind: str) -> None:
    linear = chunk(b"iCCP", b"grey\0\0" + zlib.compress(gray_profile()))
    plain = decode(png_of(kind, LEVELS), LIMITS).pixels.copy()
    picture = decode(png_of(kind, LEVELS, before=linear), LIMITS)
    assert [note for note in picture.notes if note != "depth_reduced"] == ["gray_to_srgb"]
    assert picture.source.icc is None
    assert np.abs(picture.pixels[..., :3] - in_srgb(LEVELS / 255)[..., None]).max() <= 1
    assert (picture.pixels[..., 3] == plain[..., 3]).all()
    assert picture.has_alpha == (kind.endswith(("A", "key")))


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_in_a_tiff_is_converted_by_its_profile(mode: str) -> None:
    image = Image.fromarray(LEVELS).convert(mode)
    if mode == "LA":
        image.putalpha(200)
    picture = decode(saved(image, "TIFF", icc_profile=gray_profile()), LIMITS)
    assert picture.notes == ["gray_to_srgb"]
    assert np.abs(picture.pixels[..., :3] - in_srgb(LEVELS / 255)[..., None]).max() <= 1
    assert (picture.pixels[..., 3] == (200 if mode == "LA" else 255)).all()


def test_black_and_white_stay_so_by_a_grey_profile() -> None:
    picture = decode(saved(Image.fromarray(LEVELS).convert("1"), "PNG", icc_profile=gray_profile()), LIMITS)
    assert picture.notes == ["gray_to_srgb"]
    assert set(np.unique(picture.pixels[..., :3])) == {0, 255}


@pytest.mark.parametrize("kind", ["RGB", "16 RGB"])
def test_a_gamma_behind_the_picture_comes_too_late(kind: str) -> None:
    picture = decode(png_of(kind, LEVELS, after=gamma(1)), LIMITS)
    assert (picture.pixels[..., 0] == LEVELS).all()
