"""A batch that has ended, without its photos: as an event, and back."""

from actors.batches.batch import Batch
from actors.batches.events import Archived
from actors.batches.listing import Listing
from actors.messages.records import Share
from actors.photos.states import BatchState, PhotoState


def summary(batch: Batch, uploads: str) -> Archived:
    """Return what stands for all events of a batch that has ended; `uploads` are the packed keys of its uploads."""
    return Archived(
        spec=batch.spec,
        version=batch.version,
        created_at=batch.created_at,
        started_at=batch.started_at,
        finished_at=batch.finished_at,
        state=batch.state.value,
        paused_at=batch.paused_at,
        counts=[batch.counts[state] for state in PhotoState],
        shares={known: share.until for known, share in batch.shares.items()},
        strays=[(index, attempt, due) for (index, attempt), due in batch.strays.items()],
        owes_call=batch.owes_call,
        calls=batch.calls,
        call_due=batch.call_due,
        prefixes=batch.listing.rows(),
        truncated=batch.listing.truncated,
        uploads=uploads,
        name=batch.name,
        consistency=batch.consistency,
        shown_as={known: (share.title, share.sender, share.originals) for known, share in batch.shares.items()} or None,
    )


def archived(version: int, event: Archived) -> Batch:
    """Return the batch, without its photos, that a snapshot describes."""
    batch = Batch(event.spec, event.created_at)
    batch.put_away()
    batch.version, batch.recorded, batch.state = event.version, version, BatchState(event.state)
    batch.started_at, batch.finished_at, batch.paused_at = event.started_at, event.finished_at, event.paused_at
    batch.owes_call, batch.calls, batch.call_due = event.owes_call, event.calls, event.call_due
    batch.counts.update(dict(zip(PhotoState, event.counts, strict=True)))
    shown_as = event.shown_as or {}
    batch.shares.update({known: Share(until, *shown_as.get(known, ())) for known, until in event.shares.items()})
    batch.strays.update({(index, attempt): due for index, attempt, due in event.strays})
    batch.listing = Listing.of(event.prefixes, truncated=event.truncated)
    batch.name, batch.consistency = event.name, event.consistency
    return batch
