"""The format of a photo by its first bytes: names of files may be wrong, and a result is named after what it is."""

import struct
from pathlib import Path
from typing import BinaryIO

_HEAD = 64  # bytes that are read first
_STARTS = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF8": "gif",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"BM": "bmp",
    **dict.fromkeys((b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"II\x1a\0\0\0HEAP", b"\0MRM", b"FOVb", b"FUJIFILM"), "raw"),
}
# Tags of TIFF that tell a camera's RAW file, as the service has it (models/codec/raw/kinds.py).
_KIND, _PHOTOMETRIC, _SUB_PAGES, _CFA, _DNG = 254, 262, 330, 33421, 50706
_SENSOR = (32803, 34892)
_SHORT, _MOST_TAGS = 3, 1000
_AVIF, _HEIC = {b"avif", b"avis"}, {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def format_of(path: Path) -> str | None:
    """Return the format of a file; None if it is another one, or cannot be read now."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            if head.startswith((b"II*\0", b"MM\0*")):
                return "raw" if head[8:10] == b"CR" or _is_raw(file, head) else "tiff"
    except OSError:
        return None
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        brands = {head[at : at + 4] for at in range(8, min(len(head), int.from_bytes(head[:4], "big")) - 3, 4)}
        return "avif" if brands & _AVIF else "heic" if brands & _HEIC else "raw" if b"crx " in brands else None
    return next((name for start, name in _STARTS.items() if head.startswith(start)), None)


def _is_raw(file: BinaryIO, head: bytes) -> bool:
    """Whether the first table of a TIFF is that of a camera's RAW file."""
    order = "<" if head.startswith(b"II") else ">"
    file.seek(*struct.unpack(order + "I", head[4:8].ljust(4, b"\0")))
    count = struct.unpack(order + "H", file.read(2).ljust(2, b"\0"))[0]
    table = file.read(12 * min(count, _MOST_TAGS))
    tags = dict[int, int]()
    for tag, kind, _, value in struct.iter_unpack(order + "HHI4s", table[: len(table) // 12 * 12]):
        tags[tag], *_ = struct.unpack(order + ("H2x" if kind == _SHORT else "I"), value)
    thumbnail_first = tags.get(_KIND) == 1 and _SUB_PAGES in tags
    return thumbnail_first or tags.get(_PHOTOMETRIC) in _SENSOR or _DNG in tags or _CFA in tags
