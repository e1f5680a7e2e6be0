"""Colour profiles: which are kept, and the conversion of CMYK and grey to sRGB."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from models.codec.named_spaces import by_code_points
from models.colour.icc import parse
from models.picture import Pixels

_SPACES = {"L": b"GRAY", "CMYK": b"CMYK"}  # Pillow's mode → colour space in the profile's header
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_EXACT = ImageCms.Flags.NOOPTIMIZE  # dark grey is off by ten levels otherwise
_LEVELS = Image.frombytes("L", (256, 1), bytes(range(256)))
_OUTSIDE = 0.02  # light of a colour that may be lost at the edge of sRGB
_NEARLY_GREY = 4  # levels between the colours of a grey pixel in a lossy file
_ROWS = 256  # of a strip that is converted


def colour_space(icc: bytes) -> bytes:
    """Return the colour space in a profile's header: b"RGB ", b"GRAY", b"CMYK", …"""
    return icc[16:20]


@lru_cache(maxsize=32)
def usable_rgb(icc: bytes) -> bool:
    """Whether the pixels can stay in this profile: it is for RGB and LittleCMS can convert with it."""
    if colour_space(icc) != b"RGB ":
        return False
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    except Exception:  # noqa: BLE001 (whatever a hostile profile does to LittleCMS: it is not usable)
        return False
    return True


def fits_mode(icc: bytes | None, mode: str) -> bool:
    """Whether a profile applies to a picture in Pillow's mode L or CMYK."""
    return icc is not None and mode in _SPACES and colour_space(icc) == _SPACES[mode]


def to_srgb(image: Image.Image, icc: bytes) -> Image.Image | None:
    """Convert a picture in mode L, RGB or CMYK to sRGB by its profile; None if the profile is unusable."""
    if image.mode == "L":
        levels = _to_srgb(_LEVELS, icc, _FLAGS | _EXACT)
        if levels is None:
            return None
        table = [value for band in levels.split() for value in band.tobytes()]
        return Image.merge("RGB", [image] * 3).point(table)
    return _to_srgb(image, icc, _FLAGS)


def _to_srgb(image: Image.Image, icc: bytes, flags: ImageCms.Flags) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(icc)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=_INTENT,
            outputMode="RGB",
            flags=flags,
        )
    except Exception:  # noqa: BLE001 (as above)
        return None


def kept(icc: bytes | None, *, damaged: bool = False) -> tuple[bytes | None, list[str]]:
    """Return the profile that RGB pixels can stay in (None: sRGB), and notes."""
    if damaged or (icc and not usable_rgb(icc)):
        return None, ["bad_profile"]
    return icc or None, []


def settle(
    pixels: Pixels,
    icc: bytes | None,
    *,
    damaged: bool = False,
    grey: bool = False,
    code_points: tuple[int, int] | None = None,
    described: bytes | None = None,
) -> tuple[bytes | None, list[str]]:
    """Return the profile that the pixels stay in (None: sRGB), and notes.

    Without a profile, `code_points` name the space, or a profile that is `described` otherwise. Converted to sRGB in
    place: HDR, a picture with a grey profile that is `grey` or has no colour, and what is described and fits sRGB.
    """
    if icc and not damaged and fits_mode(icc, "L") and (grey or _is_grey(pixels)):
        return None, ["gray_to_srgb" if _convert(pixels, icc, grey=True) else "bad_profile"]
    if icc or damaged:
        return kept(icc, damaged=damaged)
    if described and not code_points:
        return _settled(pixels, described), []
    space = by_code_points(*code_points) if code_points else None
    if space is None:
        return None, []
    if not space.hdr:
        return space.icc, []
    _convert(pixels, space.icc)
    return None, ["hdr_to_sdr"]


def _is_grey(pixels: Pixels) -> bool:
    """Whether (H, W, 4) has no colour, but for the rounding of a lossy format."""
    for top in range(0, pixels.shape[0], _ROWS):
        colours = pixels[top : top + _ROWS, :, :3]
        if int((colours.max(axis=2) - colours.min(axis=2)).max()) > _NEARLY_GREY:
            return False
    return True


def _settled(pixels: Pixels, described: bytes) -> bytes | None:
    """Convert to sRGB what fits into it, so that it looks right also where profiles are ignored."""
    space = parse(described)
    if space is None or not usable_rgb(described):
        return None
    if space.to_srgb.min() < -_OUTSIDE:
        return described
    _convert(pixels, described)
    return None


def _convert(pixels: Pixels, icc: bytes, *, grey: bool = False) -> bool:
    """Convert (H, W, 4) to sRGB in place, in strips; returns whether LittleCMS could."""
    for top in range(0, pixels.shape[0], _ROWS):
        strip = pixels[top : top + _ROWS]
        converted = to_srgb(Image.fromarray(np.ascontiguousarray(strip[..., 0] if grey else strip[..., :3])), icc)
        if converted is None:
            return False
        strip[..., :3] = np.asarray(converted)
    return True
