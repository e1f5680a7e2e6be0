"""A crew: the workers of one kind, how many there should be, and a back-off if new ones keep dying soon."""

import time

from actors.pool.demand import Backlog, Elastic
from actors.pool.worker_record import Kind, WorkerRecord, WorkerState

QUICK_DEATH_S = 30.0
SICK_AFTER = 5  # quick deaths in a row after which health says so
LONGEST_BACKOFF_S = 60.0
SETTLED_S = 10.0  # a starting worker is not ended for a shorter drop in demand


class Crew:
    """Decides about the workers of its kind among those of the pool."""

    def __init__(self, kind: Kind, elastic: Elastic, workers: dict[str, WorkerRecord]) -> None:
        self.kind = kind
        self.elastic = elastic
        self.size = elastic.least  # the wanted number of workers
        self._workers = workers  # of all kinds; the pool owns them
        self._enough_since = time.monotonic()  # since when there are enough workers
        self._asked = float("-inf")  # time of the last request for a preview
        self._quick_deaths = 0
        self._died_at = 0.0  # time of the last quick death
        self._not_before = 0.0

    def members(self) -> list[WorkerRecord]:
        """List its workers."""
        return [worker for worker in self._workers.values() if worker.kind is self.kind]

    def previewer(self, busy: set[str]) -> WorkerRecord | None:
        """Return a ready worker for a preview: an idle one before a busy one, then in turn."""
        self._asked = time.monotonic()
        ready = [one for one in self.members() if one.state is WorkerState.READY and not one.leaving]
        chosen = min(ready, key=lambda worker: (worker.worker_id in busy, worker.shown), default=None)
        if chosen:
            chosen.shown = time.monotonic()
        return chosen

    def did_well(self, worker: WorkerRecord) -> None:
        """Note that a photo was reported; a worker younger than the last death thereby ends the back-off."""
        if worker.born > self._died_at:
            self._quick_deaths = 0
            self._not_before = 0.0

    def died(self, worker: WorkerRecord) -> None:
        """Decide when the next worker may start."""
        if worker.ours or time.monotonic() - worker.born > QUICK_DEATH_S:
            return
        if worker.born < self._died_at:  # it died with others, e.g. of one node: one accident, not several
            return
        self._quick_deaths += 1
        self._died_at = time.monotonic()
        if self._quick_deaths > 1:  # the first is replaced at once
            self._not_before = time.monotonic() + min(0.5 * 2 ** min(self._quick_deaths, 10), LONGEST_BACKOFF_S)

    def resize(self, busy: set[str], backlog: Backlog) -> list[WorkerRecord]:
        """Set the wanted number of workers from the work, and return the workers to end: those that were idle for
        long, or are to leave. `busy` names the workers that hold photos.
        """
        now = time.monotonic()
        for worker in self.members():
            if worker.worker_id in busy:
                worker.worked = now
        showing = 1 if now - self._asked < self.elastic.idle_s else 0  # a user is trying previews
        self.size = max(self.elastic.wanted(backlog), min(showing, self.elastic.most))
        surplus = self._staying() - self.size
        if surplus <= 0:
            self._enough_since = now
        if leaving := [one for one in self.members() if one.leaving and one.worker_id not in busy]:
            return leaving
        idle = [worker for worker in self.members() if worker.worker_id not in busy and self._is_over(worker, now)]
        idle.sort(key=lambda worker: (worker.state is WorkerState.READY, worker.worked))
        return idle[: max(0, surplus)]

    def missing(self) -> int:
        """How many workers to start now."""
        if time.monotonic() < self._not_before:
            return 0
        return max(0, self.size - self._staying())

    @property
    def sick(self) -> bool:
        """Whether workers die as fast as they are started."""
        return self._quick_deaths >= SICK_AFTER

    def counts(self, busy: set[str]) -> dict[str, int]:
        """Count the workers by state; `busy` names those that hold photos."""
        states = [
            "starting" if one.state is WorkerState.STARTING else "busy" if one.worker_id in busy else "ready"
            for one in self.members()
        ]
        return {name: states.count(name) for name in ("ready", "busy", "starting")} | {"max": self.elastic.most}

    def _staying(self) -> int:
        return sum(not worker.leaving for worker in self.members())

    def _is_over(self, worker: WorkerRecord, now: float) -> bool:
        if worker.state is WorkerState.STARTING:
            return now - self._enough_since > SETTLED_S
        return now - max(worker.worked, worker.shown) > self.elastic.idle_s
