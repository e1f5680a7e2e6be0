"""When a photo was taken, by its EXIF, read from the file without decoding a pixel."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from models.codec.container.exif import bare
from models.codec.container.exif_tables import EXIF_IFD, ROOT, DamagedExifError, read_exif
from models.codec.container.iso_content import exif_of_avif
from models.codec.container.jpeg_segments import read_segments
from models.codec.container.png_chunks import exif_in
from models.codec.container.sniff import sniff
from models.codec.raw.metadata import read_raw
from models.errors import PhotoError

_TAGS = ((EXIF_IFD, 0x9003), (EXIF_IFD, 0x9004), (ROOT, 0x0132))  # DateTimeOriginal, DateTimeDigitized, DateTime
_FORM = "%Y:%m:%d %H:%M:%S"
_EARLIEST = 1900  # cameras whose clock was never set say 0000, or worse


def capture_time(data: bytes) -> str | None:
    """Return the time in ISO 8601 to the second, in the camera's local time; None if the file does not say it.

    Raises nothing: what is damaged says nothing.
    """
    with suppress(PhotoError, DamagedExifError):
        exif = read_exif(bare(_BLOCKS[sniff(data)](data) or b""))
        for table, tag in _TAGS:
            value = exif.tables[table].get(tag)
            found = _time(value.data) if value else None
            if found:
                return found
    return None


def _time(text: bytes) -> str | None:
    """Return a time of EXIF in ISO 8601; None for blanks, zeros and dates that no calendar has."""
    try:
        time = datetime.strptime(text[:19].decode("ascii"), _FORM)
    except ValueError:
        return None
    return time.isoformat() if time.year >= _EARLIEST else None


def _of_webp(data: bytes) -> bytes | None:
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"EXIF":
            return data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return None


def _of_raw(data: bytes) -> bytes | None:
    return read_raw(data).exif


_BLOCKS: dict[str, Callable[[bytes], bytes | None]] = {
    "jpeg": lambda data: read_segments(data).exif,
    "png": exif_in,
    "webp": _of_webp,
    "avif": exif_of_avif,
    "heic": exif_of_avif,
    "tiff": lambda data: data,
    "raw": _of_raw,
    "bmp": lambda _: None,
    "gif": lambda _: None,
}
