"""Photos that come to an open batch after it was accepted."""

from actors.batches.batch import Batch
from actors.coordinator.expansion import is_prefix
from actors.messages.errors import BatchError
from actors.messages.records import PhotoSpec


def missing(batch: Batch, photos: list[PhotoSpec], at: int | None) -> list[PhotoSpec]:
    """Return those photos that the batch does not have yet, where `at` says how many it had before them.

    A repeated request finds its photos there, or the first of them: a crash may have kept the others out. Raises
    BatchError `batch_closed`, `append_conflict`.
    """
    left = photos if at is None else _not_there(batch, photos, at)
    if left and not batch.open:
        detail = "This batch takes no more photos: it was closed, was cancelled, or was not submitted as open."
        raise BatchError("batch_closed", detail)
    return left


def _not_there(batch: Batch, photos: list[PhotoSpec], at: int) -> list[PhotoSpec]:
    """Return what is missing: prefixes that the batch does not list, and named photos behind those that are there."""
    listed = [(prefix.source, prefix.params) for prefix in batch.listing.prefixes]
    prefixes = [photo for photo in photos if is_prefix(photo.source)]
    named = [photo for photo in photos if not is_prefix(photo.source)] if prefixes else photos
    total = len(batch.photos)
    there = [batch.photos.as_named(index) for index in range(at, min(total, at + len(named)))]
    if at > total:
        raise _conflict(f"This batch has {total} photos, not {at}. Append at {total}.")
    if there != named[: len(there)]:
        raise _conflict(f"This batch has {total} photos, and other ones from number {at} on. Append at {total}.")
    return [prefix for prefix in prefixes if (prefix.source, prefix.params) not in listed] + named[len(there) :]


def _conflict(detail: str) -> BatchError:
    return BatchError("append_conflict", detail)
