"""Photos that come to an open batch after it was accepted."""

from actors.batches.batch import Batch
from actors.messages.errors import BatchError
from actors.messages.records import PhotoSpec


def missing(batch: Batch, photos: list[PhotoSpec], at: int | None) -> list[PhotoSpec]:
    """Return those photos that the batch does not have yet, where `at` says how many it had before them.

    A repeated request finds its photos there, or the first of them: a crash may have kept the others out. Raises
    BatchError `batch_closed`, `append_conflict`.
    """
    total = len(batch.photos)
    there = photos if at is None else [batch.photos[index] for index in range(at, min(total, at + len(photos)))]
    if at is not None and (at > total or there != photos[: len(there)]):
        detail = f"This batch has {total} photos{'' if at > total else f', and others at {at}'}. Append at {total}."
        raise BatchError("append_conflict", detail)
    left = photos if at is None else photos[len(there) :]
    if left and not batch.open:
        detail = "This batch takes no more photos: it was closed, was cancelled, or was not submitted as open."
        raise BatchError("batch_closed", detail)
    if left and at is not None and at + len(there) != total:
        detail = f"This batch has {total} photos, not {at}. Append at {total}."
        raise BatchError("append_conflict", detail)
    return left
