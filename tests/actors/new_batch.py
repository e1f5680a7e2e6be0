"""A batch as the coordinator makes it, without a journal."""

from collections.abc import Iterator, Sequence
from itertools import count

from actors.batches.batch import Batch
from actors.batches.events import Created, contents
from actors.messages.records import BatchSpec, PhotoSpec


def new_batch(
    spec: BatchSpec, photos: Sequence[PhotoSpec], at: float = 0.0, versions: Iterator[int] | None = None
) -> Batch:
    """Return a batch of these photos; its versions begin with 1 unless they are given."""
    versions = versions or count(1)
    batch = Batch.create(next(versions), at, Created(spec))
    for event in contents(photos):
        batch.apply(next(versions), at, event)
    return batch
