"""The format of a photo by its first bytes: names of files may be wrong, and a result is named after what it is."""

from pathlib import Path

_HEAD = 64  # bytes that are read
_STARTS = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF8": "gif",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"BM": "bmp",
}
_AVIF, _HEIC = {b"avif", b"avis"}, {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def format_of(path: Path) -> str | None:
    """Return the format of a file; None if it is another one, or cannot be read now."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        brands = {head[at : at + 4] for at in range(8, min(len(head), int.from_bytes(head[:4], "big")) - 3, 4)}
        return "avif" if brands & _AVIF else "heic" if brands & _HEIC else None
    return next((name for start, name in _STARTS.items() if head.startswith(start)), None)
