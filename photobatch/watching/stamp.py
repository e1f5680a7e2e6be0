"""The state of a file, by which a change of it is noticed."""

from pathlib import Path

Stamp = tuple[int, int]
"""Size and time of the last change of a file, in nanoseconds."""


def stamp(path: Path) -> Stamp | None:
    """Return a file's stamp, None if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
