"""File names that every file system takes, Windows' too: one rule for archives, downloads and results on disk."""

import unicodedata
from pathlib import PurePosixPath

_FORBIDDEN = frozenset('<>:"/\\|?*')  # Windows takes none of these
_PORTS = frozenset(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³")
_DEVICES = _PORTS | {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}  # to Windows, whatever their extension
_LONGEST = 200  # bytes; most file systems take 255, and numbers and `.part` are still to come
_LONGEST_SUFFIX = 20


def safe(name: str) -> str:
    """Return a name that every file system takes, and that leads out of no folder."""
    name = unicodedata.normalize("NFC", name)
    name = "".join("_" if char in _FORBIDDEN else char for char in name if unicodedata.category(char)[0] != "C")
    path = PurePosixPath(name.strip(" ."))
    stem, suffix = (path.stem.rstrip(" ."), path.suffix) if len(path.suffix) <= _LONGEST_SUFFIX else (path.name, "")
    stem = stem.encode()[: _LONGEST - len(suffix.encode())].decode(errors="ignore").rstrip(" .") or "photo"
    if stem.partition(".")[0].rstrip().casefold() in _DEVICES:
        stem = f"_{stem}"
    return stem + suffix


def folded(name: str) -> str:
    """Return what a file system that ignores case and normalises Unicode takes for the name."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
