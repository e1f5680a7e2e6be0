"""Colours after conversion, seen through the result's own profile, against LittleCMS: ΔE2000 of 1 at most."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage.color import deltaE_ciede2000, xyz2lab

from models.codec import Limits, OutputOptions, decode, encode
from tests.models.codec.codec_samples import (
    SRGB,
    adobe_profile,
    cmyk_profile,
    exif_block,
    saved,
    viewing_profile,
    wide_profile,
)
from tests.models.codec.deep_samples import chunk, deep_png
from tests.models.codec.heic_samples import LOSSLESS, heic
from tests.models.codec.inputs import INPUTS, OUTPUTS, photo_in

LIMITS = Limits()
# each patch a flat block of 16 × 16, so that what JPEG does at edges stays out of its middle
LEVELS = np.array(np.meshgrid(*[(0, 51, 102, 153, 204, 255)] * 3), np.uint8).reshape(3, -1).T.reshape(18, 12, 3)
SWEEP = Image.fromarray(LEVELS.repeat(16, 0).repeat(16, 1))
VIEW_TO_XYZ = np.array([[0.67348, 0.16566, 0.12505], [0.27904, 0.67535, 0.04561], [-0.00193, 0.02998, 0.79686]])
PROFILES = {"srgb": SRGB, "adobe rgb": adobe_profile(), "display p3": wide_profile()}


def viewed(image: Image.Image, icc: bytes) -> np.ndarray:
    """Show a picture's patches in Lab, by LittleCMS on a screen of BT.2020, which holds all that is shown here."""
    screen = ImageCms.ImageCmsProfile(io.BytesIO(viewing_profile()))
    shown = ImageCms.profileToProfile(
        image.convert("RGB"),
        ImageCms.ImageCmsProfile(io.BytesIO(icc)),
        screen,
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    middles = np.asarray(shown)[8::16, 8::16] / 255
    return xyz2lab(np.maximum((middles ** (563 / 256)) @ VIEW_TO_XYZ.T, 0), illuminant="D50")


def off_by(data: bytes, want: np.ndarray) -> float:
    """ΔE2000 of the worst patch; of a lossy format, which rounds luma and chroma, the mean of all."""
    image = Image.open(io.BytesIO(data))
    differences = deltaE_ciede2000(viewed(image, image.info.get("icc_profile", SRGB)), want)
    return float(differences.max() if image.format in ("PNG", "TIFF") else differences.mean())


@pytest.mark.parametrize("space", PROFILES)
@pytest.mark.parametrize("name", INPUTS)
def test_colours_of_a_profile_come_out_right(name: str, space: str) -> None:
    data = photo_in(name, SWEEP, exif=exif_block(1, size=SWEEP.size), icc=PROFILES[space])
    source = Image.open(io.BytesIO(data)) if name in ("jpeg", "avif") else SWEEP  # what loss the source has is its own
    want = viewed(source, PROFILES[space])
    picture = decode(data, LIMITS)
    for target in OUTPUTS:
        written = encode(picture, OutputOptions(format=target, quality=100, subsampling="444"))
        assert off_by(written.data, want) <= 1, target


def named(name: str, primaries: int) -> bytes:
    """A file that only numbers its primaries, with the curve of sRGB."""
    if name == "heic":
        return heic(SWEEP, **{**LOSSLESS, "color_primaries": primaries})
    if name == "png":
        png = saved(SWEEP, "PNG")
        return png[:33] + chunk(b"cICP", bytes([primaries, 13, 0, 1])) + png[33:]
    if name == "png of 16 bits":
        return deep_png(np.asarray(SWEEP).astype(np.uint16) * 257, before=chunk(b"cICP", bytes([primaries, 13, 0, 1])))
    data = saved(SWEEP, "AVIF", quality=100, subsampling="4:4:4")
    assert data.count(b"nclx\0\x01\0\x0d") == 1
    return data.replace(b"nclx\0\x01\0\x0d", b"nclx\0" + bytes([primaries]) + b"\0\x0d")


@pytest.mark.parametrize("primaries", [1, 9, 12])
@pytest.mark.parametrize("name", ["heic", "png", "png of 16 bits", "avif"])
def test_colours_that_are_only_named_come_out_right(name: str, primaries: int) -> None:
    corners = {1: (0.64, 0.33, 0.30, 0.60, 0.15, 0.06), 9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)}
    corners[12] = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
    data = named(name, primaries)
    source = Image.open(io.BytesIO(data)) if name == "avif" else SWEEP
    want = viewed(source, named_by_littlecms(corners[primaries]))
    assert off_by(encode(decode(data, LIMITS), OutputOptions(format="png")).data, want) <= 1


def named_by_littlecms(corners: tuple[float, ...]) -> bytes:
    """The sRGB profile of LittleCMS with other primaries, which are adapted to D50 as it adapts its own."""
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in zip(corners[::2], corners[1::2], strict=True)]).T
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    scaled = xyz * np.linalg.solve(xyz, white)
    cones = np.diag((bradford @ np.array([0.9642, 1, 0.8249])) / (bradford @ white))
    columns = (np.linalg.inv(bradford) @ cones @ bradford @ scaled).T
    profile = bytearray(SRGB)
    for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True):
        at = int.from_bytes(SRGB[SRGB.index(tag) + 4 : SRGB.index(tag) + 8], "big") + 8
        profile[at : at + 12] = struct.pack(">3i", *(round(number * 65_536) for number in column))
    return bytes(profile)


def test_adobe_rgb_that_only_exif_tells_of_comes_out_right() -> None:
    exif = Image.Exif()
    exif[0x8769] = {0xA001: 0xFFFF, 0xA005: {1: "R03"}}
    data = saved(SWEEP, "JPEG", quality=100, subsampling=0, exif=exif)
    picture = decode(data, LIMITS)
    assert picture.notes == ["adobe_rgb_by_exif"]
    want = viewed(SWEEP, adobe_profile())
    assert off_by(encode(picture, OutputOptions(quality=100)).data, want) <= 1
    # a profile counts more, and so does what EXIF says for sRGB
    assert decode(saved(SWEEP, "JPEG", exif=exif, icc_profile=wide_profile()), LIMITS).source.icc == wide_profile()
    exif[0x8769] = {0xA001: 1, 0xA005: {1: "R03"}}
    assert decode(saved(SWEEP, "JPEG", exif=exif), LIMITS).source.icc is None


@pytest.mark.parametrize("with_profile", [True, False])
@pytest.mark.parametrize("name", ["JPEG", "TIFF"])
def test_inks_come_out_right(name: str, with_profile: bool) -> None:
    inks = Image.fromarray(np.dstack([np.asarray(SWEEP), np.full(SWEEP.size[::-1], 20, np.uint8)]), "CMYK")
    settings = {"quality": 100, "subsampling": 0} if name == "JPEG" else {}
    data = saved(inks, name, **settings, icc_profile=cmyk_profile() if with_profile else None)
    shown = inks.convert("RGB")
    if with_profile:
        shown = ImageCms.profileToProfile(
            inks,
            ImageCms.ImageCmsProfile(io.BytesIO(cmyk_profile())),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    picture = decode(data, LIMITS)
    assert picture.notes == ["cmyk_to_srgb"]
    for target in OUTPUTS:
        written = encode(picture, OutputOptions(format=target, quality=100, subsampling="444"))
        assert off_by(written.data, viewed(shown, SRGB)) <= 1, target
