"""Colour profiles: which are kept with the pixels, and how CMYK and grey become sRGB."""

import io
from functools import lru_cache

from PIL import Image, ImageCms

_SPACES = {"L": b"GRAY", "CMYK": b"CMYK"}  # Pillow's mode → colour space in the profile's header
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION


def colour_space(icc: bytes) -> bytes:
    """Return the colour space of a profile, as its header spells it: b"RGB ", b"GRAY", b"CMYK", …"""
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
    """Whether a profile speaks of the colours of a picture in Pillow's mode L or CMYK."""
    return icc is not None and mode in _SPACES and colour_space(icc) == _SPACES[mode]


def to_srgb(image: Image.Image, icc: bytes) -> Image.Image | None:
    """Convert a picture in mode L, RGB or CMYK to sRGB by its profile; None where the profile is unusable."""
    try:
        return ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(icc)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=_INTENT,
            outputMode="RGB",
            flags=_FLAGS,
        )
    except Exception:  # noqa: BLE001 (as above)
        return None
