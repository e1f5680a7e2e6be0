"""Develops RAW files to upright pixels in sRGB, and takes the JPEGs out that cameras put into them."""

import numpy as np

from models.codec.container import refusal
from models.codec.container.jpeg_segments import read_segments
from models.codec.eight_bit import Array, eight_bit
from models.codec.header import Limits, check_size
from models.codec.raw.library import opened, size_of
from models.codec.raw.metadata import in_srgb, read_raw
from models.codec.workspace import Workspace
from models.picture import Picture, Pixels, Source

_SRGB_CURVE = (2.4, 12.92)  # IEC 61966-2-1; LibRaw's own is that of BT.709
_ORIENTATIONS = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}  # by LibRaw's flip: of rows, of columns, transposed
_WHOLE = 0.95  # part of the sensor's sides that a JPEG must have to count as the photo


def develop(data: bytes, limits: Limits, workspace: Workspace, least: int = 0, *, deep: bool = False) -> Picture:
    """Develop with the camera's white balance. Raises PhotoError: those of `library.opened`.

    With `least` it may be developed at half of its size, with a long side of at least that: four sensor cells become
    one pixel. With `deep` the picture has 16 bits too.
    """
    with opened(data, limits) as raw:
        width, height = size_of(raw)
        half = least > 0 and max(width, height) >= 2 * least
        orientation = _ORIENTATIONS.get(raw.sizes.flip, 1)
        colours: Array = raw.postprocess(
            use_camera_wb=True, output_bps=16 if deep else 8, gamma=_SRGB_CURVE, half_size=half
        )
    check_size(colours.shape[1], colours.shape[0], limits)  # LibRaw turns pictures of some old sensors by 45°
    if not half:
        height, width = colours.shape[:2]
    found = read_raw(data)
    source = Source("raw", width, height, orientation, exif=in_srgb(found.exif), xmp=found.xmp, iptc=found.iptc)
    notes = ["raw_developed", "depth_reduced", *found.notes]
    picture = Picture(_opaque(colours, workspace), source, notes=notes)
    if deep:
        picture.deep = np.repeat(colours, 3, axis=2) if colours.shape[2] == 1 else colours
    return picture


def embedded_jpeg(data: bytes, limits: Limits) -> bytes | None:
    """Return the largest JPEG in a RAW file if it is about as large as the sensor's picture; otherwise None.

    It tells its orientation: where the camera did not put it in, LibRaw does. Raises PhotoError: those of
    `library.opened`.
    """
    with opened(data, limits) as raw:
        sizes = raw.sizes
        try:
            found = raw.extract_thumb().data
            if not isinstance(found, bytes):
                return None
            jpeg = read_segments(found)
        except Exception:  # noqa: BLE001  # LibRaw's or ours: the photo is developed instead
            return None
    sides = sorted((sizes.width, sizes.height)), sorted((jpeg.width, jpeg.height))
    return found if all(own >= _WHOLE * full for full, own in zip(*sides, strict=True)) else None


def _opaque(colours: Array, workspace: Workspace) -> Pixels:
    """Return (H, W, 1 or 3) of 8 or 16 bits as (H, W, 4)."""
    if colours.shape[2] not in (1, 3):
        raise refusal.corrupt()
    return eight_bit(colours, 8 * colours.itemsize, workspace)
