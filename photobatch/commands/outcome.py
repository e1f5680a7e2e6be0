"""The outcome of a batch, in words and as an exit status."""

from collections.abc import Iterable
from typing import Any

from photobatch.commands.way_back import way_back
from photobatch.schemas import Batch, BatchStatus, Photo
from photobatch.shown.progress_display import failure_line
from photobatch.shown.terminal import note, print_line
from photobatch.uploads import Refused

_BAD = {BatchStatus.FAILED, BatchStatus.CANCELLED}


def exit_code(batch: Batch, refused: int = 0) -> int:
    """Return 1 if photos have failed, or the batch failed or was cancelled."""
    return int(batch.status in _BAD or bool(batch.counts.failed or batch.counts.cancelled or refused))


def print_failures(photos: Iterable[Photo], *, of: int, task_id: str, url: str | None) -> None:
    """Print why photos failed, and where to see the rest."""
    told = 0
    for photo in photos:
        print_line(failure_of(photo))
        told += 1
    if told < of:
        note(f"{of - told} more failed; {way_back('watch', task_id, url=url)} names all.")


def failure_of(photo: Photo) -> str:
    """Return a line that says why a photo failed."""
    if photo.error is None:
        return failure_line(photo.name, "unknown", "It failed.")
    return failure_line(photo.name, photo.error.code, photo.error.message)


def failure_as_json(photo: Photo) -> dict[str, Any]:
    """Return a failed photo as JSON."""
    told = photo.error.model_dump() if photo.error else None
    return {"index": photo.index, "name": photo.name, "source": photo.source, "error": told}


def refused_as_json(refused: Refused) -> dict[str, Any]:
    """Return a refused file as JSON."""
    return {"path": str(refused.path), "error": {"code": refused.error.code, "message": refused.error.detail}}
