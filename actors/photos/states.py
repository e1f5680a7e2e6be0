"""The states of photos and batches, the sets derived from them, and which control is allowed when."""

from enum import IntEnum, StrEnum


class PhotoState(IntEnum):
    """One byte a photo in the batch's columns."""

    QUEUED = 0
    PROCESSING = 1
    SUCCEEDED = 2
    FAILED = 3
    CANCELLED = 4

    @property
    def label(self) -> str:
        """The name on the wire."""
        return self.name.lower()


OPEN_PHOTOS = frozenset({PhotoState.QUEUED, PhotoState.PROCESSING})


class BatchState(StrEnum):
    """queued → processing ⇄ paused → completed | failed | cancelled."""

    QUEUED = "queued"
    PROCESSING = "processing"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({BatchState.COMPLETED, BatchState.FAILED, BatchState.CANCELLED})

_Q, _P, _Z = BatchState.QUEUED, BatchState.PROCESSING, BatchState.PAUSED
ALLOWED: dict[str, frozenset[BatchState]] = {
    # The state a control leads to is allowed as well: the same call twice is not an error.
    "pause": frozenset({_Q, _P, _Z}),
    "resume": frozenset({_Q, _P, _Z}),
    "cancel": frozenset({_Q, _P, _Z, BatchState.CANCELLED}),
    "retry": ENDED | {_Q, _P},
    "close": ENDED | {_Q, _P, _Z},
}
