"""Checks which TIFFs are supported, and neutralises their orientation for OpenCV. Needs no OpenCV itself."""

from collections.abc import Mapping
from typing import Any

from models.codec.container import refusal
from models.codec.container.exif import ORIENTATION
from models.codec.container.tiff_pages import Page, is_large_and_big_endian, read_pages
from models.errors import PhotoError

_BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANAR, _FORMAT = 258, 259, 262, 277, 284, 339
_STRIPS, _TILES = (273, 279), (324, 325)  # offsets and sizes
_PACKINGS = (1, 5, 8, 32773, 32946)  # none, LZW, deflate, PackBits, deflate with its old number
_READ = (*range(1, 9), 32771, 32773, 32946, 34925, 50000)  # compressions that Pillow's libtiff reads
_DEPTHS = (1, 2, 4, 8, 16)
_UNSIGNED, _SIGNED, _FLOAT, _COMPLEX = 1, 2, 3, (5, 6)
_SUBSAMPLING, _YCBCR, _PLAIN = 530, (6, 3), (1, 32773)  # photometric and channels; none, PackBits
_INKS = 5
# Photometric interpretation and number of channels of what is read.
_USUAL_DEEP = ((0, 1), (1, 1), (2, 3), (2, 4))
_USUAL = (*_USUAL_DEEP, (1, 2), (3, 1), (5, 4), (6, 3), (8, 3))
_NO_PICTURE_OF_OURS = {3: "in a palette", 4: "as a mask", 5: "in CMYK", 6: "in YCbCr", 8: "in Lab", 9: "in Lab"}
_VALUE_SIZES = {1: 1, 3: 2, 4: 4}


def check_depth(tags: Mapping[int, Any], mode: str) -> int:
    """Return the bits a channel, 8 or 16, of a TIFF that Pillow opens in `mode`.

    Raises PhotoError `unsupported_bit_depth` for layouts that OpenCV does not read, or reads wrong.
    """
    depths = set(tags.get(_BITS, (1,)))
    formats = set(tags.get(_FORMAT, (_UNSIGNED,)))
    if tags.get(_COMPRESSION, 1) not in _READ:
        raise refusal.unsupported_tiff("in an unusual compression")
    if mode == "F" or _FLOAT in formats:
        raise refusal.unsupported_bit_depth("TIFF", "floating-point values")
    if max(depths) <= 8 and not mode.startswith("I"):
        return 8
    if depths != {16}:
        raise refusal.unsupported_bit_depth("TIFF", f"{max(depths)} bits")
    if formats != {_UNSIGNED}:
        raise refusal.unsupported_bit_depth("TIFF", "16 bits with a sign")
    how = _NO_PICTURE_OF_OURS.get(tags.get(_PHOTOMETRIC, 1))
    if how is None and tags.get(_PLANAR, 1) != 1 and tags.get(_SAMPLES, 1) > 1:
        how = "in planes"
    if how is None and tags.get(_COMPRESSION, 1) not in _PACKINGS:
        how = "in an unusual compression"
    if how is None and tags.get(_SAMPLES, 1) not in (1, 3, 4):
        how = "in unusual channels"
    if how is not None:
        raise refusal.unsupported_bit_depth("TIFF", "16 bits", how)
    return 16


def unsupported(data: bytes) -> PhotoError | None:
    """Return why Pillow does not open a TIFF, if it is of a kind that is not read; None if it seems damaged."""
    if is_large_and_big_endian(data):
        return refusal.unsupported_tiff("a big-endian BigTIFF")
    page = next(read_pages(data), None)
    if page is None:
        return None
    return _by_numbers(page) or _by_layout(page)


def _by_numbers(page: Page) -> PhotoError | None:
    depths, formats = page.tags.get(_BITS, (1,)), page.tags.get(_FORMAT, (_UNSIGNED,))
    most, how = max(depths), ""
    if _FLOAT in formats:
        what = "floating-point values"
    elif not {*_COMPLEX}.isdisjoint(formats):
        what = "complex numbers"
    elif _SIGNED in formats:
        what = f"{most} bits with a sign"
    elif most not in _DEPTHS or len(set(depths)) > 1 or (1 < most < 8 and len(depths) > 1):
        what = f"{most} bits"
    elif most == 16 and _channels(page) not in _USUAL_DEEP:
        what, how = "16 bits", _NO_PICTURE_OF_OURS.get(page.first(_PHOTOMETRIC, 1), "in unusual channels")
    else:
        return None
    return refusal.unsupported_bit_depth("TIFF", what, how)


def _by_layout(page: Page) -> PhotoError | None:
    if page.first(_COMPRESSION, 1) not in _READ:
        return refusal.unsupported_tiff("in an unusual compression")
    photometric, samples = _channels(page)
    if photometric == _INKS and samples > 4:
        return refusal.unsupported_tiff("in CMYK with alpha or further inks")
    if (photometric, samples) in _USUAL:
        return None
    return refusal.unsupported_tiff("in unusual channels")


def _channels(page: Page) -> tuple[int, int]:
    return page.first(_PHOTOMETRIC, 1), page.first(_SAMPLES, 1)


def has_shared_colours(data: bytes) -> bool:
    """Whether several pixels of a TIFF in YCbCr share their colours, which Pillow unpacks only if a codec does it."""
    page = next(read_pages(data), None)
    if page is None or _channels(page) != _YCBCR or page.first(_COMPRESSION, 1) not in _PLAIN:
        return False
    return page.tags.get(_SUBSAMPLING, (2, 2)) != (1, 1)


def ends_early(tags: Mapping[int, Any], size: int) -> bool:
    """Whether a strip or tile ends after the end of a file of `size` bytes."""
    pieces = [
        (offset, length)
        for at, lengths in (_STRIPS, _TILES)
        for offset, length in zip(tags.get(at, ()), tags.get(lengths, ()), strict=False)
    ]
    return any(offset + length > size for offset, length in pieces)


def lying_as_stored(data: bytes) -> bytes:
    """Return the TIFF with its orientation, if any, set to 1, so that its pixels are read as stored."""
    order = "little" if data[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "little" if order == "little" else "big")

    large = number(2, 2) == 43  # a BigTIFF: numbers of eight bytes
    counter, entry, value = (8, 20, 12) if large else (2, 12, 8)
    start = number(8, 8) if large else number(4, 4)
    first = start + counter
    for at in range(first, min(first + entry * number(start, counter), len(data) - entry + 1), entry):
        size = _VALUE_SIZES.get(number(at + 2, 2), 0)
        if number(at, 2) == ORIENTATION and size:
            patched = bytearray(data)
            patched[at + value : at + value + size] = (1).to_bytes(size, "little" if order == "little" else "big")
            return bytes(patched)
    return data
