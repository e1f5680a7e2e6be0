"""Dispatch: takes reports from workers and gives them leases."""

import asyncio
import logging
import time
from collections.abc import Callable

from actors.batches.batch import Batch
from actors.batches.events import BatchEvent, Cancelled, Leased, Reported, Returned, Struck
from actors.batches.ledger import Ledger
from actors.batches.reuse import Reuse
from actors.coordinator.counters import OURS, Counters
from actors.coordinator.hold import Hold
from actors.coordinator.nodes import Nodes
from actors.coordinator.scheduler import Scheduler
from actors.coordinator.suspects import Suspects
from actors.messages.errors import BatchError
from actors.messages.records import BatchSpec, Grant, Json, Lease, LeaseKey, Outcome, Visit
from actors.photos.report import Report
from actors.photos.retries import due
from actors.photos.states import ENDED, PhotoState
from actors.pool.demand import Backlog
from actors.pool.pool import Pool
from actors.pool.worker_record import Kind, WorkerRecord
from actors.worker.crumb import Suspicion

log = logging.getLogger(__name__)

IDLE_S = 10.0  # longest wait of a worker without work, before it asks again
CRASHED = {
    "code": "worker_crashed",
    "message": "Processing this photo ended its worker repeatedly; it is probably damaged. Save it anew, then retry.",
    "retryable": False,
}
TIMED_OUT = {
    "code": "timed_out",
    "message": "This photo took longer than allowed; make it smaller or raise BATCH_TASK_TIMEOUT.",
    "retryable": True,
}


class Dispatch:
    """Takes reports, chooses leases, and queues the photos of dead workers again. Knows nothing of Ray."""

    def __init__(self, ledger: Ledger, pool: Pool, hold: Hold, reuse: Reuse, retry_count: int) -> None:
        self._ledger = ledger
        self._pool = pool
        self._hold = hold
        self._reuse = reuse
        self._retry_count = retry_count
        self._stopped = False
        self.all_analysed: Callable[[Batch], None] = lambda batch: None
        self.counters = Counters()
        self.nodes = Nodes(pool.workers)
        self._scheduler = Scheduler()
        self._work = asyncio.Event()
        self._suspects = Suspects(pool)

    async def exchange(self, worker_id: str, visit: Visit) -> Grant:
        """Take a worker's reports and lease it photos; waits a while when there is nothing to do.

        Raises BatchError `unknown_worker`: the caller was given up and must leave.
        """
        worker = self._pool.seen(worker_id)
        if worker is None:
            raise BatchError("unknown_worker", "This worker was given up; its leases are with others.")
        if worker.turn != visit.turn or worker.answer is None:
            worker.turn = visit.turn
            worker.answer = asyncio.ensure_future(self._serve(worker_id, visit))
        return await asyncio.shield(worker.answer)

    def worker_died(self, worker: WorkerRecord, suspicion: Suspicion | None, late_s: float) -> int:
        """Return its leases to the queue. The photo that it was computing (rarely several) gets a strike or a time-out.

        `late_s`: for how long it may still store something (0: its process is known to be gone). Returns the number of
        leases that are lost without anyone being blamed.
        """
        lost = 0
        for batch in list(self._ledger.open.values()):
            held = batch.held_by(worker.worker_id)
            suspects = [key for key in suspicion.keys if key in held] if suspicion else []
            # With several suspects, computing each alone will show which one takes too long.
            timed_out = suspicion is not None and suspicion.timed_out() and len(suspicion.keys) == 1
            for key in suspects:
                self._suspects.died(batch, key.index, worker.place)
                self._judge(batch, key, late_s, timed_out=timed_out)
            others = [key for key in held if key not in suspects]
            self.give_back(others, late_s)
            lost += len(others)
        return lost

    def give_back(self, keys: list[LeaseKey], late_s: float | None = None) -> None:
        """Queue leased photos again; no try is counted.

        `late_s`: for how long their worker may still store something; None: it had not begun them.
        """
        by_batch: dict[str, list[tuple[int, int]]] = {}
        for key in keys:
            if self._holds(key):
                by_batch.setdefault(key.task_id, []).append((key.index, key.attempt))
        for task_id, rows in by_batch.items():
            self.record(self._ledger.batches[task_id], Returned(rows, late_s))
            if late_s is not None:
                self.counters.lost(len(rows))
                log.warning("leases lost", extra={"batch": task_id, "photos": len(rows)})
            self.wake()

    def backlogs(self) -> dict[Kind, Backlog]:
        """Return the waiting work by the kind of worker that it is for; none during a hold."""
        if self._hold.on or self._stopped:
            return dict.fromkeys(Kind, Backlog())
        return {kind: self._scheduler.backlog(self._batches_for(kind)) for kind in Kind}

    def longest_wait_s(self) -> float:
        """Return the longest time for which a waiting batch has got no lease."""
        return self._scheduler.longest_wait_s(self._ledger.open.values(), time.time())

    def stop(self) -> None:
        """Lease nothing any more; waiting workers get an empty answer."""
        self._stopped = True
        self.wake()

    def record(self, batch: Batch, event: BatchEvent) -> None:
        """Record an event. Scheduler, reuse and matcher learn whether its batch ends, goes on or can be matched."""
        if isinstance(event, Cancelled):
            self.counters.cancelled(batch.counts[PhotoState.QUEUED] + batch.counts[PhotoState.PROCESSING])
        before = batch.state
        self._ledger.record(batch, event)
        if batch.state in ENDED:
            self.forget(batch)
            if before not in ENDED:
                log.info("batch ended", extra=_told(batch))
            return
        if before in ENDED:
            self._reuse.retried(batch)
        if batch.awaits_match:
            self.all_analysed(batch)

    def forget(self, batch: Batch) -> None:
        """Drop the speed estimate of a batch that ended or was removed."""
        self._scheduler.forget(batch)
        self._suspects.forget(batch)

    def wake(self) -> None:
        """Tell waiting workers that there may be work."""
        self._work.set()

    async def _serve(self, worker_id: str, visit: Visit) -> Grant:
        self.nodes.told(self._pool.workers.get(worker_id), visit.fallbacks, visit.gpus)
        refused = [key for key in self._take(worker_id, visit.outcomes) if not await self._ledger.accepted(key)]
        self.give_back(visit.returned)
        leases, jobs = self._lease(worker_id, visit.want, visit.holding == 0)
        if not (visit.outcomes or visit.returned or visit.holding or leases):
            await self._wait_for_work()
            leases, jobs = self._lease(worker_id, visit.want, True)
        await self._ledger.durable()
        leases = [lease for lease in leases if self._still_wanted(lease.key)]
        return Grant(self._ledger.epoch, leases, jobs, refused)

    def _still_wanted(self, key: LeaseKey) -> bool:
        """Say whether a lease may be sent: its batch may have been paused or deleted while the lease was committed."""
        if self._holds(key) and self._ledger.batches[key.task_id].paused:
            self.give_back([key])
        return self._holds(key)

    def _holds(self, key: LeaseKey) -> bool:
        batch = self._ledger.batches.get(key.task_id)
        return batch is not None and batch.holds(key)

    def _take(self, worker_id: str, outcomes: list[Outcome]) -> list[LeaseKey]:
        """Record valid reports, batch by batch; return the keys of reports that came too late."""
        refused: list[LeaseKey] = []
        accepted: dict[str, list[Report]] = {}
        for outcome in outcomes:
            key = outcome.key
            batch = self._ledger.batches.get(key.task_id)
            if batch is not None and batch.holds(key):
                if outcome.error and outcome.error["code"] == "storage_full":
                    # Not the photo's fault: no try is counted, and it waits like all others.
                    self._hold.begin()
                    self.give_back([key])
                    continue
                again = due(outcome.error, batch.tries[key.index], self._retry_count)
                accepted.setdefault(key.task_id, []).append(Report.of(outcome, again))
                self._count(outcome, final=again is None)
                self.nodes.reported(self._pool.workers.get(worker_id), outcome, final=again is None)
                self._pool.did_well(worker_id)
                if outcome.timings_ms and outcome.light is None:
                    self._scheduler.took(key.task_id, _seconds(outcome))
            elif batch is None or not batch.accepted(key):
                refused.append(key)
        for task_id, reports in accepted.items():
            self.record(self._ledger.batches[task_id], Reported(reports))
            if any(report.again is not None for report in reports):
                self.wake()  # who waits for work must learn when the retry is due
        return refused

    def _lease(self, worker_id: str, want: int, alone_allowed: bool) -> tuple[list[Lease], dict[str, BatchSpec]]:
        if want == 0 or self._stopped or self._hold.on:
            return [], {}
        worker = self._pool.workers.get(worker_id)
        if worker is None or worker.leaving:  # it may have died while it waited for work
            return [], {}
        found = self._choose(worker, want, alone_allowed)
        if found is None:
            return [], {}
        batch, chosen, alone = found
        now = time.time()
        self._scheduler.served(batch, now)
        attempts = [(index, batch.attempt[index] + 1) for index in chosen]
        self.record(batch, Leased(worker_id, attempts, alone))
        task_id = batch.spec.task_id
        seen = self._reuse.knows(batch)
        leases = []
        for index, attempt in attempts:
            waited_s = now - batch.created_at if attempt == 1 else None
            if waited_s is not None:
                self.counters.waited(waited_s)
            source, params = batch.photos[index].source, batch.params_of(index)
            key, analyse = LeaseKey(task_id, index, attempt), batch.analyses(index)
            leases.append(Lease(key, source, params, alone, seen and not analyse, waited_s, analyse))
        return leases, {task_id: batch.spec}

    def _choose(self, worker: WorkerRecord, want: int, alone_allowed: bool) -> tuple[Batch, list[int], bool] | None:
        """Choose photos for a worker, and say whether they are to be computed alone."""
        chosen = self._choose_from(self._batches_for(worker.kind), worker, want, alone_allowed)
        if chosen is None and worker.kind is Kind.GPU and self._pool.gpus_take_all:
            return self._choose_from(self._batches_for(Kind.CPU), worker, want, alone_allowed)
        return chosen

    def _choose_from(
        self, batches: list[Batch], worker: WorkerRecord, want: int, alone_allowed: bool
    ) -> tuple[Batch, list[int], bool] | None:
        """Choose from these batches, or a suspect of any.

        A worker gets a suspect once it holds nothing else, and if the photo's workers have not died at its place.
        """
        now, own, crew = time.time(), set(batches), self._pool.crews[worker.kind]
        left = [batch for batch in self._ledger.open.values() if batch in own or (alone_allowed and batch.suspects)]
        while (batch := self._scheduler.choose(left, now)) is not None:
            left.remove(batch)
            allowed = batch.suspects if alone_allowed else ()
            suspect = next((index for index in allowed if self._suspects.may_take(worker, batch, index)), None)
            if suspect is not None:
                return batch, [suspect], True
            if batch in own:
                size = min(want, self._scheduler.lease_size(batch, len(crew.members())))
                if chosen := batch.pick(size):
                    return batch, chosen, False
        return None

    def _batches_for(self, kind: Kind) -> list[Batch]:
        return [batch for batch in self._ledger.open.values() if self._pool.kind_for(networks=batch.networks) is kind]

    async def _wait_for_work(self) -> None:
        now = time.time()
        waits = [due_at - now for batch in self._ledger.open.values() if (due_at := batch.next_due()) is not None]
        if self._hold.on or self._stopped:  # nothing is leased now; the end of the hold wakes all workers
            waits = []
        self._work.clear()
        try:
            await asyncio.wait_for(self._work.wait(), max(0.0, min([IDLE_S, *waits])))
        except TimeoutError:
            return

    def _judge(self, batch: Batch, key: LeaseKey, late_s: float, *, timed_out: bool) -> None:
        if timed_out:
            again = due(TIMED_OUT, batch.tries[key.index], self._retry_count)
            outcome = Outcome(key, error=TIMED_OUT)
            self.record(batch, Reported([Report.of(outcome, again)], late_s))
            self._count(outcome, final=again is None)
        else:
            self.record(batch, Struck((key.index, key.attempt), CRASHED, late_s))
            self.counters.struck()
            log.warning("strike: a worker died of a photo", extra=key.named() | {"strikes": batch.strikes[key.index]})
            if batch.photo_state[key.index] == PhotoState.FAILED:
                self._count(Outcome(key, error=CRASHED), final=True)
        self.wake()

    def _count(self, outcome: Outcome, *, final: bool) -> None:
        self.counters.reported(outcome, final=final)
        if outcome.error and outcome.error["code"] in OURS:
            code = {"code": outcome.error["code"], "final": final}
            log.warning("photo failed for a reason of ours", extra=outcome.key.named() | code)


def _told(batch: Batch) -> Json:
    """Return how a batch ended, as fields of a log line."""
    over = (PhotoState.SUCCEEDED, PhotoState.FAILED, PhotoState.CANCELLED)
    counts = {state.label: batch.counts[state] for state in over}
    seconds = round((batch.finished_at or time.time()) - batch.created_at, 3)
    return {"batch": batch.spec.task_id, "state": str(batch.state), **counts, "seconds": seconds}


def _seconds(outcome: Outcome) -> float:
    """Return how long a photo occupied its worker: its slowest stage, since the three stages run side by side."""
    took = outcome.timings_ms
    compute = sum(took.get(stage, 0.0) for stage in ("decode", "analyse", "apply", "encode"))
    return max(compute, took.get("fetch", 0.0), took.get("store", 0.0)) / 1000
