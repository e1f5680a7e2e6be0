"""Decodes JPEG with libjpeg-turbo or on a GPU; Pillow gets the files that both refuse."""

from typing import TYPE_CHECKING, cast

import simplejpeg

from models.codec.container.jpeg_segments import JpegFile
from models.codec.workspace import Workspace
from models.picture import Pixels

if TYPE_CHECKING:
    from models.codec.gpu_jpeg import GpuJpeg

_HARMLESS = "extraneous bytes"  # libjpeg's warning about stray bytes between segments: no pixel is wrong


def decode_jpeg(
    data: bytes, jpeg: JpegFile, workspace: Workspace, least: int = 0, gpu: "GpuJpeg | None" = None
) -> Pixels | None:
    """Decode grey or three-component JPEG to (H, W, 4), not yet upright; None if libjpeg-turbo refuses.

    With `least` it may be decoded at a half to an eighth of its size, with a long side of at least that.
    """
    if jpeg.components not in (1, 3):
        return None
    if least:
        return _small(data, jpeg, least)
    target = workspace.take(jpeg.height, jpeg.width)
    if gpu is not None and gpu.decode(data, jpeg, target):
        return target
    try:
        return _decode(data, target, strict=True)
    except ValueError as warning:
        if _HARMLESS not in str(warning):
            return None
    return _decode(data, target, strict=False)


def _small(data: bytes, jpeg: JpegFile, least: int) -> Pixels | None:
    wide = jpeg.width >= jpeg.height
    sides = {"min_width": least} if wide else {"min_height": least}
    try:
        return cast(Pixels, simplejpeg.decode_jpeg(data, "RGBX", strict=False, **sides))
    except ValueError:
        return None


def _decode(data: bytes, target: Pixels, strict: bool) -> Pixels:
    """Fill `target`; libjpeg-turbo sets its fourth byte to 255."""
    pixels = simplejpeg.decode_jpeg(data, "RGBX", buffer=target, strict=strict)
    if pixels.shape != target.shape:
        raise ValueError
    return target
