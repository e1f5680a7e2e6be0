"""Written profiles mean to others what they mean to us."""

import io

import pytest
from PIL import Image, ImageCms

from models.colour.icc import parse
from models.colour.icc_writer import BT2020, DISPLAY_P3, SRGB, power_curve, rgb_profile, srgb_curve


def opened(icc: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(icc))


def test_profiles_convert_as_their_primaries_say() -> None:
    srgb, p3 = (opened(rgb_profile(primaries, srgb_curve())) for primaries in (SRGB, DISPLAY_P3))
    red = Image.new("RGB", (1, 1), (255, 0, 0))
    own = ImageCms.profileToProfile(red, srgb, ImageCms.createProfile("sRGB"))
    wide = ImageCms.profileToProfile(red, srgb, p3)
    assert own is not None
    assert own.getpixel((0, 0)) == (255, 0, 0)
    assert wide is not None
    assert wide.getpixel((0, 0)) == (234, 51, 35)  # CSS Color 4: color(display-p3 0.9175 0.2003 0.1386)


def test_a_profile_says_its_name() -> None:
    named = opened(rgb_profile(DISPLAY_P3, srgb_curve(), "Display P3"))
    assert ImageCms.getProfileDescription(named).strip() == "Display P3"


def test_our_reader_reads_what_is_written() -> None:
    srgb, wide = parse(rgb_profile(SRGB, srgb_curve())), parse(rgb_profile(BT2020, power_curve(2.0)))
    assert srgb is not None
    assert srgb.is_srgb
    assert wide is not None
    assert not wide.is_srgb
    assert wide.decode(0)[128] == pytest.approx((128 / 255) ** 2, abs=1e-6)
