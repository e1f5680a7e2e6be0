"""File names that every file system accepts, including Windows: one rule for archives, downloads and results."""

import unicodedata
from pathlib import PurePosixPath

_FORBIDDEN = frozenset('<>:"/\\|?*')  # forbidden on Windows
_PORTS = frozenset(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³")
_DEVICES = _PORTS | {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}  # on Windows, with any extension
LONGEST = 200  # bytes; most file systems allow 255, and numbers and `.part` may be added
_LONGEST_SUFFIX = 20


def safe(name: str) -> str:
    """Return a name that every file system accepts and that cannot leave its folder."""
    name = unicodedata.normalize("NFC", name)
    name = "".join("_" if char in _FORBIDDEN else char for char in name if unicodedata.category(char)[0] != "C")
    path = PurePosixPath(name.strip(" ."))
    stem, suffix = (path.stem.rstrip(" ."), path.suffix) if len(path.suffix) <= _LONGEST_SUFFIX else (path.name, "")
    stem = stem.encode()[: LONGEST - len(suffix.encode())].decode(errors="ignore").rstrip(" .") or "photo"
    if stem.partition(".")[0].rstrip().casefold() in _DEVICES:
        stem = f"_{stem}"
    return stem + suffix


def folded(name: str) -> str:
    """Return the name as a file system sees it that ignores case and normalises Unicode."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
