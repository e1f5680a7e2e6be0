"""Admission: a batch that finds no room is refused at once, and the error says whose limit it is."""

import time
from collections.abc import Iterable, Sequence

from actors.batches.batch import Batch
from actors.coordinator.config import CoordinatorConfig
from actors.messages.errors import BatchError
from actors.photos.states import PhotoState

UNKNOWN_S = 10.0  # the wait that is given while no pace is known


class Admission:
    """The bounds of the queue: batches that have not ended, and their photos that wait.

    Each user has a share, in which paused batches count. They do not count towards the bounds of the service, and of
    each user at most a share counts there. So pause, resume and retry cannot take more than a share from others.
    """

    def __init__(self, config: CoordinatorConfig) -> None:
        self._max_photos = config.max_photos
        self._batches = config.max_queue
        self._photos = config.max_queued_photos
        self._own_batches = config.max_queue_per_user or config.max_queue
        self._own_photos = config.max_queued_photos_per_user or config.max_queued_photos

    def check(self, user: str, photos: int, open_batches: Iterable[Batch], *, may_be_empty: bool = False) -> None:
        """Raise BatchError `no_photos`, `too_many_photos` or `queue_full` for a user's batch of this size."""
        if photos == 0 and not may_be_empty:
            raise BatchError("no_photos", "A batch needs at least one photo: name image_urls, photos or files.")
        if photos > self._max_photos:
            detail = f"{photos} photos are more than one batch may hold ({self._max_photos}); make several of them."
            raise BatchError("too_many_photos", detail)
        by_user = _by_user(open_batches)
        self._check_share(by_user.get(user, []), photos)
        self._check_service(by_user, photos)

    def check_more(self, batch: Batch, photos: int, open_batches: Iterable[Batch]) -> None:
        """Raise BatchError `too_many_photos` or `queue_full` for so many more photos of an open batch."""
        total = batch.counts.total() + photos
        if total > self._max_photos:
            detail = f"{total} photos are more than one batch may hold ({self._max_photos}); make several of them."
            raise BatchError("too_many_photos", detail)
        user, by_user = batch.spec.user_id, _by_user(open_batches)
        self._check_own_photos(by_user.get(user, []), photos)
        self._check_photos(by_user, photos)

    def has_room(self, user: str, open_batches: Iterable[Batch]) -> bool:
        """Say whether a user's batch may grow further."""
        by_user = _by_user(open_batches)
        return _queued(by_user.get(user, [])) < self._own_photos and self._queued(by_user) < self._photos

    def _check_share(self, own: list[Batch], photos: int) -> None:
        going = _going(own)
        too_many = len(own) + 1 - self._own_batches
        if too_many > 0:
            why = f"{len(own)} batches of yours have not ended, which is your limit"
            _refuse(why, _ended_s(too_many, going), paused=len(own) - len(going))
        self._check_own_photos(own, photos)

    def _check_own_photos(self, own: list[Batch], photos: int) -> None:
        going, queued = _going(own), _queued(own)
        surplus = min(queued + photos - self._own_photos, queued)  # an empty queue accepts any batch
        if surplus > 0:
            wait_s = _drained_s(surplus, going) if surplus <= _queued(going) else None
            why = f"{queued} photos of yours are waiting and your limit is {self._own_photos}: {photos} more do not fit"
            _refuse(why, wait_s, paused=len(own) - len(going))

    def _check_service(self, by_user: dict[str, list[Batch]], photos: int) -> None:
        going = [batch for own in by_user.values() for batch in _going(own)]
        count = sum(min(len(_going(own)), self._own_batches) for own in by_user.values())
        if count >= self._batches:
            wait_s = _ended_s(count + 1 - self._batches, going)
            _refuse(f"The service works on {count} batches, which is its limit", wait_s)
        self._check_photos(by_user, photos)

    def _check_photos(self, by_user: dict[str, list[Batch]], photos: int) -> None:
        going = [batch for own in by_user.values() for batch in _going(own)]
        queued = self._queued(by_user)
        surplus = min(queued + photos - self._photos, queued)
        if surplus > 0:
            why = f"{queued} photos are waiting and the service's limit is {self._photos}: {photos} more do not fit"
            _refuse(why, _drained_s(surplus, going))

    def _queued(self, by_user: dict[str, list[Batch]]) -> int:
        return sum(min(_queued(_going(own)), self._own_photos) for own in by_user.values())


def _by_user(batches: Iterable[Batch]) -> dict[str, list[Batch]]:
    by_user: dict[str, list[Batch]] = {}
    for batch in batches:
        by_user.setdefault(batch.spec.user_id, []).append(batch)
    return by_user


def _going(batches: Iterable[Batch]) -> list[Batch]:
    return [batch for batch in batches if not batch.paused]


def _queued(batches: Iterable[Batch]) -> int:
    return sum(batch.counts[PhotoState.QUEUED] for batch in batches)


def _refuse(why: str, wait_s: float | None, paused: int = 0) -> None:
    """Raise `queue_full`; without `retry_after_s` if only the user can make room, by acting on paused batches."""
    steer = "resume, cancel or delete a paused batch"
    if wait_s is None:
        detail = f"{why}. Waiting does not help, because {paused} of your batches are paused: {steer}."
    else:
        detail = f"{why}; try again in {wait_s:.0f} s{f', or {steer}' if paused else ''}."
    raise BatchError("queue_full", detail, retry_after_s=wait_s)


def _ended_s(count: int, batches: Sequence[Batch]) -> float | None:
    """Estimate when this many of the batches will have ended; None if there are fewer."""
    if len(batches) < count:
        return None
    now = time.time()
    etas = [batch.pace.eta_s(batch.remaining(), len(batch.workers()), now) for batch in batches]
    known = sorted(eta[0] for eta in etas if eta)
    return max(1.0, known[count - 1]) if len(known) >= count else UNKNOWN_S


def _drained_s(photos: int, batches: Iterable[Batch]) -> float:
    """Estimate when this many photos will have left the queue."""
    now = time.time()
    paces = [batch.pace.photos_per_s(len(batch.workers()), now) or 0.0 for batch in batches if batch.holder]
    return max(1.0, photos / sum(paces)) if sum(paces) else UNKNOWN_S
