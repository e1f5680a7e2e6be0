"""The scans of a JPEG: whether all that the picture needs are there."""

import re
from collections.abc import Iterator

from models.codec.container.jpeg_segments import EOI, PROGRESSIVE, SOF, SOS

# Within coded data a marker is 0xFF and neither 0 nor a restart; 0xFF before it is filling.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
_SCANS = 1000  # most that are looked at; programs write ten
_COEFFICIENTS = range(64)


def with_end(data: bytes) -> bytes | None:
    """Return a JPEG that lacks its last marker with it; None if scans are missing too.

    Whether the last scan is whole the decoder finds.
    """
    if not _all_begun(data):
        return None
    return data + (b"\xd9" if data.endswith(b"\xff") else b"\xff\xd9")


def _all_begun(data: bytes) -> bool:
    """Whether each coefficient of each component is in a scan, with all its bits."""
    missing: dict[int, set[int]] = {}
    progressive = False
    for marker, payload in _segments(data):
        if marker in SOF and not missing:
            missing = {number: set(_COEFFICIENTS) for number in payload[6::3]}
            progressive = marker in PROGRESSIVE
        elif marker == SOS and len(payload) == 4 + 2 * payload[0]:
            first, last, precision = payload[-3:]
            whole = not progressive or not precision & 15
            coded = range(first, last + 1) if progressive else _COEFFICIENTS
            for number in payload[1:-3:2]:
                missing.get(number, set()).difference_update(coded if whole else ())
    return bool(missing) and not any(missing.values())


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, payload) of a whole file, as far as they are complete."""
    at, scans = 2, 0
    while scans < _SCANS and (found := _MARKER.search(data, at)):
        marker, at = found[1][0], found.end()
        length = int.from_bytes(data[at : at + 2], "big")
        if marker == EOI or length < 3 or at + length > len(data):
            return
        yield marker, data[at + 2 : at + length]
        at += length
        scans += marker == SOS
