"""The only access to Pillow: it opens only the detected format, and every failure becomes a PhotoError."""

import ctypes
import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from PIL import Image, ImageFile, _imaging

from models.codec.container import png_chunks, refusal
from models.errors import PhotoError

# The header is checked against our own limit; Pillow's limit would raise its own errors.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False
# libtiff would write a line to stderr for each damaged file; the photo's owner gets the error.
with suppress(OSError, AttributeError):  # a Pillow that hides it, or has none
    ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)

_CUT = ("truncated", "not enough", "unexpected end", "eof", "end of file")
_AVIF_HEAD = 4096  # bytes that contain the list of items
_filters = threading.RLock()  # warnings.catch_warnings is not thread-safe


@contextmanager
def opened(data: bytes, name: str) -> Iterator[Image.Image]:
    """Open `data` only as format `name`; no pixels are decoded yet.

    Any error in the block becomes PhotoError `truncated` or `corrupt`; warnings are silent.
    """
    with _filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _open(data, name) as image:
                yield image
        except PhotoError:
            raise
        except Exception as damage:
            raise failure(data, name, damage) from damage


def _open(data: bytes, name: str) -> Image.Image:
    if name == "png":
        data = png_chunks.only_pixels(data)
    elif name == "avif":  # Pillow parses its EXIF, and may refuse it. Renamed, the item is ignored.
        data = data[:_AVIF_HEAD].replace(b"Exif", b"free", 1) + data[_AVIF_HEAD:]
    return Image.open(io.BytesIO(data), formats=[name.upper()])


def failure(data: bytes, name: str, damage: Exception) -> PhotoError:
    """Return the error for a file that is either truncated or damaged."""
    message = str(damage).lower()
    if any(word in message for word in _CUT) or _ends_early(data, name):
        return refusal.truncated()
    return refusal.corrupt()


def _ends_early(data: bytes, name: str) -> bool:
    """Whether the container shows that bytes are missing."""
    if name == "png":
        return png_chunks.ends_early(data)
    if name == "webp":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if name == "bmp":
        return int.from_bytes(data[2:6], "little") > len(data)
    if name in ("avif", "heic"):
        return boxes_end_early(data)
    return False


def boxes_end_early(data: bytes) -> bool:
    """Whether the last box of an AVIF or HEIC has more bytes than the file."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            return False  # 0: this box ends with the file
        at += size
    return at > len(data)
