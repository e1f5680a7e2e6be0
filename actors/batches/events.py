"""The events that a batch is made of, as the journal keeps them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from actors.messages.records import BatchSpec, Json, Outcome, PhotoSpec


def created(
    spec: BatchSpec, photos: Sequence[PhotoSpec], now: float, slice_size: int = 1000, prefixes: Sequence[PhotoSpec] = ()
) -> Iterator[Json]:
    """Yield the events that make a batch: its photos in slices, and the prefixes below which more are to be found."""
    yield {"e": "created", "t": now, "spec": asdict(spec)}
    if prefixes:
        yield {"e": "prefixes", "t": now, "p": [[prefix.source, prefix.params] for prefix in prefixes]}
    for first in range(0, len(photos), slice_size):
        rows = [[photo.source, photo.name, photo.params] for photo in photos[first : first + slice_size]]
        yield {"e": "photos", "t": now, "p": rows}


def reported(outcome: Outcome, again: float | None) -> Json:
    """Return the row of a `reported` event; `again` is when a retry is due, None when this is final."""
    row = asdict(outcome)
    key = row.pop("key")
    row |= {"i": key["index"], "a": key["attempt"]}
    if again is not None:
        row["again"] = again
    return row
