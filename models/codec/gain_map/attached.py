"""Writes a gain map behind a JPEG: Ultra HDR version 1, and ISO 21496-1 in the same file."""

import struct

import cv2
import numpy as np
import simplejpeg

from models.codec.container import jpeg_segments
from models.codec.container.jpeg_segments import APP2, BESIDE, places, segment
from models.codec.gain_map import adobe, iso
from models.codec.gain_map.found import ENTRIES, ENTRY_BYTES, MPF
from models.gain_map import GainMap

_QUALITY = 95
_FIRST = 0x030000  # attributes of CIPA DC-007: the primary picture, a JPEG; 0 is a picture of no kind that it knows


def map_file(gain_map: GainMap, width: int, height: int) -> bytes:
    """Return the JPEG of a map for a picture of that size, than which a map is never larger."""
    samples, file = gain_map.samples, gain_map.file
    if samples.shape[0] > height or samples.shape[1] > width:
        small = cv2.resize(samples, (width, height), interpolation=cv2.INTER_AREA)
        samples, file = np.asarray(small, np.uint8).reshape(height, width, -1), None
    if file is None:
        # Not subsampled: colours of a map are as sharp as its brightness.
        space, subsampling = ("GRAY", "Gray") if samples.shape[2] == 1 else ("RGB", "444")
        file = simplejpeg.encode_jpeg(np.ascontiguousarray(samples), _QUALITY, space, subsampling)
    told = jpeg_segments.splice(file, None, adobe.written(gain_map.scale), gain_map.icc)
    at = _behind_head(told)
    return b"".join([told[:at], segment(APP2, iso.written(gain_map.scale)), told[at:]])


def attached(picture: bytes, gain_map: bytes) -> bytes:
    """Return a JPEG with a map behind it. The XMP of `picture` must announce it: see `adobe.announced`."""
    at = _behind_head(picture)
    known = segment(APP2, iso.VERSION)
    length = len(segment(APP2, _mpf(0, 0, 0)))
    size = len(picture) + len(known) + length
    header = at + len(known) + 4 + len(MPF)
    directory = segment(APP2, _mpf(size, len(gain_map), size - header))
    return b"".join([picture[:at], known, directory, picture[at:], gain_map])


def _mpf(size: int, map_size: int, map_offset: int) -> bytes:
    """Return the directory of both pictures, as CIPA DC-007 has it; the offset counts from its TIFF header."""
    entries_at = 8 + 2 + 3 * 12 + 4
    tags = struct.pack(">HHI4s", 0xB000, 7, 4, b"0100")  # version
    tags += struct.pack(">HHII", 0xB001, 4, 1, 2)  # number of pictures
    tags += struct.pack(">HHII", ENTRIES, 7, 2 * ENTRY_BYTES, entries_at)
    entries = struct.pack(">IIIHH", _FIRST, size, 0, 0, 0) + struct.pack(">IIIHH", 0, map_size, map_offset, 0, 0)
    return MPF + struct.pack(">2sHIH", b"MM", 42, 8, 3) + tags + bytes(4) + entries


def _behind_head(jpeg: bytes) -> int:
    """Return where the segments of metadata end."""
    return next(start - 4 for marker, start, _ in places(jpeg) if marker not in BESIDE)
