"""When files of this machine were taken: by EXIF, else by the time of the file."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from models.codec.capture_time import capture_time

_HEAD = 1 << 20  # bytes that hold the metadata of most JPEGs


def capture_times(files: Iterable[Path]) -> dict[Path, datetime]:
    """Return a local time for each file; one that cannot be read has none."""
    found = {}
    for file in files:
        try:
            found[file] = capture_time_of(file)
        except OSError:
            continue
    return found


def capture_time_of(file: Path) -> datetime:
    """Return the local time, which `models.codec.capture_time` reads for workers too; raises OSError."""
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
        told = capture_time(head) if head.startswith(b"\xff\xd8") else None
        if told is None:
            told = capture_time(head + opened.read())
    if told is not None:
        return datetime.fromisoformat(told)
    return datetime.fromtimestamp(int(file.stat().st_mtime))
