"""The pool: which workers exist, and how many more to start. A plain class; its owner starts and ends processes."""

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from actors.messages.records import Grant
from actors.pool.demand import Elastic

QUICK_DEATH_S = 30.0
SICK_AFTER = 5  # quick deaths in a row after which health says so
LONGEST_BACKOFF_S = 60.0
SETTLED_S = 10.0  # a starting worker is not ended for a shorter drop in demand


class WorkerState(StrEnum):
    """starting → ready; ready workers that hold photos are busy."""

    STARTING = "starting"
    READY = "ready"


@dataclass(slots=True)
class WorkerRecord:
    """One worker as the coordinator knows it."""

    worker_id: str
    handle: Any  # ray.actor.ActorHandle
    crumb: str = ""  # path of its crumb file on its node
    node_id: str = ""
    pid: int = 0  # of its process on that node; 0: not known
    address: str = ""  # of that node
    no_gpu: str | None = None  # why it cannot use the GPU that it was given
    state: WorkerState = WorkerState.STARTING
    born: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    leaving: bool = False  # of an earlier release: it gets no more leases
    ours: bool = False  # ended on purpose: no strike, no back-off
    overdue: bool = False  # ended because its own watchdog did not: its photo has timed out
    frozen: bool = False  # ended because it was silent: no photo is blamed
    silent: int = 0  # rounds without a sign of life; this and the next three are for Liveness
    asked: bool = False
    judged: bool = False
    spared_until: float = 0.0
    shown: float = 0.0  # time of its last preview
    worked: float = field(default_factory=time.monotonic)  # when it last held photos
    turn: int = -1  # number of the exchange that `answer` answers
    answer: asyncio.Future[Grant] | None = None


class Pool:
    """The workers, the wanted number, and a back-off if new ones keep dying soon."""

    def __init__(self, elastic: Elastic) -> None:
        self._elastic = elastic
        self.size = elastic.least  # the wanted number of workers
        self._enough_since = time.monotonic()  # since when there are enough workers
        self._asked = float("-inf")  # time of the last request for a preview
        self.workers: dict[str, WorkerRecord] = {}
        self._quick_deaths = 0
        self._died_at = 0.0  # time of the last quick death
        self._not_before = 0.0

    def add(self, worker: WorkerRecord) -> None:
        """Add a worker."""
        self.workers[worker.worker_id] = worker

    def seen(self, worker_id: str) -> WorkerRecord | None:
        """Note a sign of life; None for a worker that is not (or no longer) in the pool."""
        worker = self.workers.get(worker_id)
        if worker is not None:
            worker.heard = time.monotonic()
            worker.silent = 0
            worker.state = WorkerState.READY
        return worker

    def previewer(self, busy: set[str]) -> WorkerRecord | None:
        """Return a ready worker for a preview: an idle one before a busy one, then in turn."""
        self._asked = time.monotonic()
        ready = [one for one in self.workers.values() if one.state is WorkerState.READY and not one.leaving]
        chosen = min(ready, key=lambda worker: (worker.worker_id in busy, worker.shown), default=None)
        if chosen:
            chosen.shown = time.monotonic()
        return chosen

    def did_well(self, worker_id: str) -> None:
        """Note that a photo was reported; a worker younger than the last death thereby ends the back-off."""
        if worker_id in self.workers and self.workers[worker_id].born > self._died_at:
            self._quick_deaths = 0
            self._not_before = 0.0

    def died(self, worker: WorkerRecord) -> None:
        """Remove a worker and decide when the next may start."""
        self.workers.pop(worker.worker_id, None)
        if worker.ours or time.monotonic() - worker.born > QUICK_DEATH_S:
            return
        if worker.born < self._died_at:  # it died with others, e.g. of one node: one accident, not several
            return
        self._quick_deaths += 1
        self._died_at = time.monotonic()
        if self._quick_deaths > 1:  # the first is replaced at once
            self._not_before = time.monotonic() + min(0.5 * 2 ** min(self._quick_deaths, 10), LONGEST_BACKOFF_S)

    def resize(self, busy: set[str], backlog_s: float, photos: int) -> list[WorkerRecord]:
        """Set the wanted number of workers from the waiting work, and return the workers to end: those that
        were idle for long, or are to leave.

        `backlog_s`: seconds that `photos`, waiting or in progress, take one worker.
        """
        now = time.monotonic()
        for worker in self.workers.values():
            if worker.worker_id in busy:
                worker.worked = now
        showing = 1 if now - self._asked < self._elastic.idle_s else 0  # a user is trying previews
        self.size = max(self._elastic.wanted(backlog_s, photos), min(showing, self._elastic.most))
        surplus = self._staying() - self.size
        if surplus <= 0:
            self._enough_since = now
        if leaving := [one for one in self.workers.values() if one.leaving and one.worker_id not in busy]:
            return leaving
        idle = [
            worker for worker in self.workers.values() if worker.worker_id not in busy and self._is_over(worker, now)
        ]
        idle.sort(key=lambda worker: (worker.state is WorkerState.READY, worker.worked))
        return idle[: max(0, surplus)]

    def _staying(self) -> int:
        return sum(not worker.leaving for worker in self.workers.values())

    def _is_over(self, worker: WorkerRecord, now: float) -> bool:
        if worker.state is WorkerState.STARTING:
            return now - self._enough_since > SETTLED_S
        return now - max(worker.worked, worker.shown) > self._elastic.idle_s

    def missing(self) -> int:
        """How many workers to start now."""
        if time.monotonic() < self._not_before:
            return 0
        return max(0, self.size - self._staying())

    def unused_gpus(self) -> dict[str, str]:
        """Return the nodes whose GPU cannot be used, by address, and why."""
        return {one.address or one.node_id: one.no_gpu for one in self.workers.values() if one.no_gpu}

    @property
    def sick(self) -> bool:
        """Whether workers die as fast as they are started."""
        return self._quick_deaths >= SICK_AFTER

    def counts(self, busy: set[str]) -> dict[str, int]:
        """Count the workers by state; `busy` names those that hold photos."""
        states = [
            "starting" if w.state is WorkerState.STARTING else "busy" if w.worker_id in busy else "ready"
            for w in self.workers.values()
        ]
        return {name: states.count(name) for name in ("ready", "busy", "starting")} | {"max": self._elastic.most}
