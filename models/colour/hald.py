"""LUTs as pictures: Hald images (Eskil Steenberg, http://www.quelsolaar.com/technology/clut.html)."""

import struct
import zlib
from collections.abc import Iterator

import cv2
import numpy as np

from models.colour.lut import Lut, Samples
from models.errors import LutError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEVELS = range(2, 17)  # a picture of level n is n³ pixels wide and high, its cube n² a side
_DAMAGED = "The picture is damaged; export the Hald PNG again."


def read_hald(data: bytes) -> Lut:
    """The LUT of a Hald PNG of level 2 to 16, with 8 or 16 bits a channel.

    Its pixels, row by row, are the cube with red changing fastest, then green, then blue. An alpha channel is
    ignored; a grey picture is a LUT to grey. Raises LutError.
    """
    level = _level(data)
    # Apply no gamma, profile or orientation: the stored codes are the values.
    critical = SIGNATURE + b"".join(chunk for chunk in _chunks(data) if chunk[4:5].isupper())
    try:
        picture = cv2.imdecode(np.frombuffer(critical, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error:
        picture = None
    if picture is None or picture.shape != (level**3, level**3, 3):
        raise LutError("invalid_lut", _DAMAGED)
    rgb = picture[..., ::-1]
    codes: Samples = rgb.astype(np.uint8, order="C") if rgb.dtype == np.uint8 else rgb.astype(np.uint16, order="C")
    return Lut(codes.reshape(level**2, level**2, level**2, 3))


def _level(data: bytes) -> int:
    """Return the level from the header alone, so that nothing large is decoded that is not a Hald picture."""
    if not data.startswith(SIGNATURE) or data[12:16] != b"IHDR" or len(data) < 33:
        raise LutError("invalid_lut", "The file is no PNG picture; give a .cube file or a Hald picture as PNG.")
    width, height, depth = struct.unpack_from(">IIB", data, 16)
    level = next((level for level in _LEVELS if width == height == level**3), None)
    if level is None:
        ask = "a Hald picture of level n is n³ pixels wide and high, n from 2 to 16 (512 × 512 is level 8)"
        raise LutError("invalid_lut", f"The picture is {width} × {height}; {ask}.")
    if depth not in (8, 16):
        raise LutError("invalid_lut", f"The picture has {depth} bits a channel; save the Hald PNG with 8 or 16.")
    return level


def _chunks(data: bytes) -> Iterator[bytes]:
    """Return the chunks, each checked, because the decoder would allocate any claimed length."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        if len(chunk) < 12 + length or zlib.crc32(chunk[4:-4]).to_bytes(4, "big") != chunk[-4:]:
            break
        yield chunk
        if kind == b"IEND":
            return
        at += len(chunk)
    raise LutError("invalid_lut", _DAMAGED)
