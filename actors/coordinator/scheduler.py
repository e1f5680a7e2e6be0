"""Which batch gets the next lease, and how many photos it has."""

import math
from collections import OrderedDict
from collections.abc import Iterable

from actors.batches.batch import Batch
from actors.pool.demand import Backlog

LEASE_SECONDS = 1.0  # a lease is about this much work
USUAL_S = 0.5  # assumed seconds per photo while nothing is known
MAX_LEASE = 32  # photos; bounds the time that a status request waits behind leases


class Scheduler:
    """Round-robin over users, then over the batches of a user's highest effective priority.

    The effective priority is the batch's own plus one for each minute since its last lease. So nothing starves, and a
    batch that is being served gains nothing by its age: ten thousand photos never hold up five.
    """

    def __init__(self) -> None:
        self._users: OrderedDict[str, None] = OrderedDict()  # least recently served first
        self._served: dict[str, float] = {}  # by batch, unix seconds
        self._photo_s: dict[str, float] = {}  # by batch: seconds that a photo takes a worker
        self._usual_s = USUAL_S  # the same for the most recent photo of any batch

    def choose(self, batches: Iterable[Batch], now: float) -> Batch | None:
        """Return the batch that gets the next lease; None when nothing is due."""
        waiting: dict[str, list[Batch]] = {}
        for batch in batches:
            if batch.leasable(now):
                waiting.setdefault(batch.spec.user_id, []).append(batch)
        if not waiting:
            return None
        for user in [user for user in self._users if user not in waiting]:
            del self._users[user]
        self._users.update(dict.fromkeys(user for user in waiting if user not in self._users))
        user = next(user for user in self._users if user in waiting)
        return max(waiting[user], key=lambda batch: self._rank(batch, now))

    def served(self, batch: Batch, now: float) -> None:
        """Note that a batch got a lease: it and its user go to the end of their queues."""
        self._users.move_to_end(batch.spec.user_id)
        self._served[batch.spec.task_id] = now

    def lease_size(self, batch: Batch, workers: int) -> int:
        """How many photos to lease at once: a second of work, less towards the end so that workers end together."""
        photo_s = self._photo_s.get(batch.spec.task_id)
        if photo_s is None:
            return 1  # nothing known yet: the first photo tells
        about_a_second = math.floor(LEASE_SECONDS / max(photo_s, 1e-6))
        fair_end = math.ceil(len(batch.ready) / (2 * max(workers, 1)))
        return max(1, min(about_a_second, fair_end, MAX_LEASE))

    def longest_wait_s(self, batches: Iterable[Batch], now: float) -> float:
        """Return the longest time for which a waiting batch has got no lease, 0.0 when none waits."""
        waiting = (batch for batch in batches if batch.leasable(now))
        return max((now - self._served.get(batch.spec.task_id, batch.created_at) for batch in waiting), default=0.0)

    def took(self, task_id: str, seconds: float) -> None:
        """Note how long a photo of this batch kept a worker busy."""
        known = self._photo_s.get(task_id)
        self._photo_s[task_id] = seconds if known is None else 0.8 * known + 0.2 * seconds
        self._usual_s = 0.9 * self._usual_s + 0.1 * seconds

    def backlog(self, batches: Iterable[Batch]) -> Backlog:
        """Return how many seconds all leasable photos take one worker, and their number."""
        going = [batch for batch in batches if not batch.paused]
        waiting = [(batch, batch.remaining() - len(batch.matching.waiting)) for batch in going]
        seconds = sum(count * self._photo_s.get(batch.spec.task_id, self._usual_s) for batch, count in waiting)
        return Backlog(seconds, sum(count for _, count in waiting))

    def forget(self, batch: Batch) -> None:
        """Drop the state of a batch that ended or was removed."""
        self._served.pop(batch.spec.task_id, None)
        self._photo_s.pop(batch.spec.task_id, None)

    def _rank(self, batch: Batch, now: float) -> tuple[int, float]:
        last = self._served.get(batch.spec.task_id, batch.created_at)
        return batch.spec.priority + int((now - last) // 60), -last
