"""Writes TIFFs of 16 bits a channel, which Pillow cannot, in the byte order of their EXIF, which OpenCV cannot."""

import zlib

import numpy as np

from models.codec.container.exif_tables import BYTE, LONG, SHORT, UNDEFINED, Exif, Value
from models.codec.container.tiff_metadata import ICC, XMP, assembled, descriptive
from models.colour.deep import Deep

_ROWS = 64  # of a strip
_LEVEL = 1  # of zlib: higher ones take several times as long for a few per cent
_DEFLATE, _RGB, _CHUNKY, _DIFFERENCES = 8, 2, 1, 2  # TIFF 6.0 and its supplement of 2002


def sixteen_bit_tiff(deep: Deep, block: bytes | None, xmp: bytes | None, icc: bytes | None) -> bytes:
    """Encode RGB (H, W, 3) without loss, with an EXIF block, XMP and a profile. Raises DamagedExifError."""
    exif = descriptive(block) if block else Exif()
    height, width = deep.shape[:2]
    for tag, kind, numbers in (
        (256, LONG, [width]),
        (257, LONG, [height]),
        (258, SHORT, [16, 16, 16]),
        (259, SHORT, [_DEFLATE]),
        (262, SHORT, [_RGB]),
        (277, SHORT, [3]),
        (278, LONG, [_ROWS]),
        (284, SHORT, [_CHUNKY]),
        (317, SHORT, [_DIFFERENCES]),
    ):
        exif.root[tag] = exif.numbers(kind, numbers)
    for tag, kind, data in ((XMP, BYTE, xmp), (ICC, UNDEFINED, icc)):
        if data:
            exif.root[tag] = Value(kind, len(data), data)
    return assembled(exif, [_strip(deep[top : top + _ROWS], exif) for top in range(0, height, _ROWS)])


def _strip(rows: Deep, exif: Exif) -> bytes:
    differences = rows.copy()
    differences[:, 1:] -= rows[:, :-1]
    order = np.dtype(np.uint16).newbyteorder("<" if exif.order == "little" else ">")
    return zlib.compress(differences.astype(order).tobytes(), _LEVEL)
