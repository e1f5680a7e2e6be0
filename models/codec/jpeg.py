"""Decodes JPEG with libjpeg-turbo; Pillow gets the files that it refuses."""

from typing import cast

import simplejpeg

from models.codec.container.jpeg_scans import with_end
from models.codec.container.jpeg_segments import JpegFile, without_strays
from models.codec.workspace import Workspace
from models.picture import Pixels

# Messages of libjpeg and TurboJPEG.
_HARMLESS = "extraneous bytes"  # stray bytes between segments: no pixel is wrong
_NO_END = "Premature end of JPEG file"
_UNUSUAL = "Could not determine subsampling"
_SPACES = {1: "GRAY", 3: "RGBX", 4: "CMYK"}  # by components

DAMAGE = "damage_tolerated"


def decode_jpeg(data: bytes, jpeg: JpegFile, workspace: Workspace, least: int = 0) -> tuple[Pixels | None, list[str]]:
    """Decode grey or three-component JPEG to (H, W, 4), not yet upright; None if libjpeg-turbo refuses. And notes.

    With `least` it may be decoded at a half to an eighth of its size, with a long side of at least that.
    """
    if jpeg.components not in (1, 3):
        return None, []
    if least:
        return _small(data, jpeg, least), []
    target = workspace.take(jpeg.height, jpeg.width)
    message, notes = _decoded(data, target), list[str]()
    if _HARMLESS in message:
        data = without_strays(data)  # in the header TurboJPEG takes them for an error
        message = _decoded(data, target)
    whole = with_end(data) if _NO_END in message else None
    if whole is not None:
        data, notes = whole, [DAMAGE]
        message = _decoded(data, target)
    if _HARMLESS in message:
        message = _decoded(data, target, strict=False)
    if not message:
        return target, notes
    return None, [] if _UNUSUAL in message else [DAMAGE]  # of which Pillow, which is asked next, says nothing


def lacking_only_end(data: bytes, jpeg: JpegFile) -> bytes | None:
    """Return a JPEG with the end that it lacks; None if it lacks pixels too, or TurboJPEG cannot say."""
    whole = with_end(data)
    try:
        if whole is not None:
            simplejpeg.decode_jpeg(whole, _SPACES.get(jpeg.components, "CMYK"), strict=True)
    except ValueError:
        return None
    return whole


def _small(data: bytes, jpeg: JpegFile, least: int) -> Pixels | None:
    wide = jpeg.width >= jpeg.height
    sides = {"min_width": least} if wide else {"min_height": least}
    try:
        return cast(Pixels, simplejpeg.decode_jpeg(data, "RGBX", strict=False, **sides))
    except ValueError:
        return None


def _decoded(data: bytes, target: Pixels, strict: bool = True) -> str:
    """Fill `target`; libjpeg-turbo sets its fourth byte to 255. Returns its last warning or error, or nothing."""
    try:
        pixels = simplejpeg.decode_jpeg(data, "RGBX", buffer=target, strict=strict)
    except ValueError as warning:
        return str(warning) or "refused"
    return "" if pixels.shape == target.shape else "another size"
