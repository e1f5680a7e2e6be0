"""Decodes HEIC with libheif. pillow-heif is imported at the first HEIC, because no other photo needs it."""

from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from models.codec.container import refusal
from models.codec.container.exif import bare
from models.codec.container.iso_picture import read_picture
from models.codec.eight_bit import eight_bit
from models.codec.gain_map.heic import map_of_heic
from models.codec.header import Header
from models.codec.pillow import boxes_end_early, failure
from models.codec.profile import settle
from models.codec.workspace import Workspace
from models.errors import PhotoError
from models.picture import Picture, Pixels, Source

if TYPE_CHECKING:
    from pillow_heif import HeifImage


def decode_heic(data: bytes, header: Header, workspace: Workspace) -> Picture:
    """Decode the main picture. Raises PhotoError.

    libheif turns it upright by the container's properties. The orientation in its EXIF only repeats them and must
    not be applied.
    """
    known = read_picture(data)
    if boxes_end_early(data):
        raise refusal.truncated()  # libheif would leave the missing tiles grey
    try:
        pixels, channels, image = _decoded(data, header, workspace)
    except PhotoError:
        raise
    except Exception as damage:
        raise failure(data, "heic", damage) from damage
    info: dict[str, Any] = image.info
    icc, notes = settle(pixels, info.get("icc_profile"), grey=channels == "L", code_points=known.code_points)
    notes = [*(["depth_reduced"] if known.bits > 8 else []), *known.notes, *notes]
    exif, xmp = info.get("exif"), info.get("xmp")
    source = Source(
        "heic",
        header.width,
        header.height,
        known.orientation,
        icc=icc,
        exif=bare(exif) if exif else None,
        xmp=xmp.rstrip(b"\0") if xmp else None,
    )
    picture = Picture(pixels, source, has_alpha=channels in ("RGBA", "RGBa"), notes=notes)
    picture.gain_map = map_of_heic(data, image, source)
    if picture.gain_map is not None:
        picture.notes.remove("gain_map_dropped")
    return picture


def _decoded(data: bytes, header: Header, workspace: Workspace) -> tuple[Pixels, str, "HeifImage"]:
    """Return the pixels, their channels (L, RGB, RGBA, RGBa) and what libheif knows of the picture."""
    # Keep all bits: libheif would truncate them, and we round.
    file = _library().open_heif(data, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    image = file[file.primary_index]
    if image.size != (header.width, header.height):  # before a pixel is decoded
        raise refusal.corrupt()
    array = np.asarray(image)
    if array.shape[:2] != (header.height, header.width):
        raise refusal.corrupt()
    channels, _, bits = image.mode.partition(";")
    pixels = eight_bit(array, int(bits or 8), workspace, premultiplied=channels.endswith("a"))
    return pixels, "L" if channels == "I" else channels, image


@lru_cache(maxsize=1)
def _library() -> ModuleType:
    import pillow_heif  # noqa: PLC0415

    pillow_heif.options.DECODE_THREADS = 1  # the workers are the parallelism
    pillow_heif.options.THUMBNAILS = False
    pillow_heif.options.DEPTH_IMAGES = False
    pillow_heif.options.AUX_IMAGES = True  # their names: no pixels
    return pillow_heif
