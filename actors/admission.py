"""Admission: a batch is refused at once when there is no place for it, and told when there will be."""

import time
from collections.abc import Iterable

from actors.batch import Batch
from actors.config import CoordinatorConfig
from actors.errors import BatchError
from actors.states import PhotoState

UNKNOWN_S = 10.0  # the wait that is named while nothing is known of anybody's speed


class Admission:
    """The bounds of the queue: batches that have not ended, and their photos that wait."""

    def __init__(self, config: CoordinatorConfig) -> None:
        self._config = config

    def check(self, photos: int, open_batches: Iterable[Batch]) -> None:
        """Raise BatchError `no_photos`, `too_many_photos` or `queue_full` for a batch of so many photos."""
        config, waiting = self._config, list(open_batches)
        if photos == 0:
            raise BatchError("no_photos", "A batch needs at least one photo: name image_urls, photos or files.")
        if photos > config.max_photos:
            detail = f"{photos} photos are more than one batch may hold ({config.max_photos}); make several of them."
            raise BatchError("too_many_photos", detail)
        if len(waiting) >= config.max_queue:
            self._refuse(f"{len(waiting)} batches are waiting, which is the limit", _first_end_s(waiting))
        queued = sum(batch.counts[PhotoState.QUEUED] for batch in waiting)
        surplus = queued + photos - config.max_queued_photos
        if queued and surplus > 0:  # an empty queue takes any batch
            self._refuse(f"{queued} photos are waiting; {photos} more are too many", _drained_s(surplus, waiting))

    def _refuse(self, why: str, wait_s: float) -> None:
        raise BatchError("queue_full", f"{why}; try again in {wait_s:.0f} s.", retry_after_s=wait_s)


def _first_end_s(batches: list[Batch]) -> float:
    """Estimate when the first of the batches will have ended, which makes room for one more."""
    now = time.time()
    etas = [
        eta[0]
        for batch in batches
        if not batch.paused and (eta := batch.pace.eta_s(batch.remaining(), len(batch.workers()), now))
    ]
    return max(1.0, min(etas, default=UNKNOWN_S))


def _drained_s(photos: int, batches: list[Batch]) -> float:
    """Estimate when so many photos will have left the queue."""
    now = time.time()
    paces = [batch.pace.photos_per_s(len(batch.workers()), now) or 0.0 for batch in batches if batch.holder]
    return max(1.0, photos / sum(paces)) if sum(paces) else UNKNOWN_S
