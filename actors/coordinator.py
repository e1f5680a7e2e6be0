"""The coordinator: the one owner of state. An async actor that decides, records, and never touches a pixel."""

import asyncio
import logging
import os
import time
from typing import Any

import ray
from ray.exceptions import RayError

from actors import directory
from actors.batch import Batch, created
from actors.config import CoordinatorConfig
from actors.crumb import Suspicion
from actors.dispatch import Dispatch
from actors.errors import BatchError
from actors.idempotency import IdempotencyKeys
from actors.ledger import Ledger
from actors.pool import WorkerRecord
from actors.records import BatchSpec, Grant, Json, LeaseKey, Outcome, PhotoSpec
from actors.states import ALLOWED, ENDED, BatchState, PhotoState
from actors.supervisor import Supervisor
from actors.views import batch_view, photo_view
from storage.errors import EpochLostError, StorageError
from storage.keys import batch_prefix, upload_prefix

log = logging.getLogger(__name__)

HOUSEKEEPING_S = 1.0


class Coordinator:
    """Answers the ingress and keeps house.

    State is in the ledger, leases in the dispatch, workers with the supervisor.
    """

    def __init__(self, config: CoordinatorConfig) -> None:
        self._config = config
        self._started = time.monotonic()
        self._quiet = 0  # rounds of housekeeping since the last greeting
        self._ledger = Ledger(config.open_journal(), _journal_failed)
        self._blobs = config.open_blobs()
        self._keys = IdempotencyKeys(self._ledger.batches.values())
        self._supervisor = Supervisor(config, self._worker_died)
        self._dispatch = Dispatch(self._ledger, self._supervisor.pool, config.retry_count)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._open = asyncio.Event()  # set once living workers are adopted; nothing is leased before
        self._spawn(self._live())

    # --- for the ingress ------------------------------------------------------------------------------------------

    async def greet(self) -> Json:
        """Tell the coordinator that someone still wants it, and get its stats."""
        self._quiet = 0
        return await self.stats()

    async def reserve(self, user_id: str, key: str, owner: str) -> None:
        """Claim an idempotency key for a request before it is read; raises BatchError."""
        self._keys.reserve(user_id, key, owner)

    async def release(self, user_id: str, key: str) -> None:
        """Give a claimed key back."""
        self._keys.release(user_id, key)

    async def submit(self, spec: BatchSpec, photos: list[PhotoSpec]) -> Json:
        """Accept a batch; a spec with a known task id or idempotency key returns the batch that is there.

        Raises BatchError `queue_full`, `too_many_photos`, `no_photos`, `idempotency_mismatch`.
        """
        known = self._ledger.batches.get(spec.task_id)
        if known is None and spec.idempotency_key:
            known = self._keys.find(spec.user_id, spec.idempotency_key, spec.digest)
        if known is None:
            self._admit(len(photos))
            known = self._ledger.create(spec.task_id, created(spec, photos, time.time()))
            self._keys.made(known)
            self._dispatch.wake()
        return await self._tell(known)

    async def get(self, task_id: str) -> Json:
        """Return a batch; raises BatchError `not_found`."""
        return await self._tell(self._ledger.get(task_id))

    async def list_batches(self, user_id: str | None, status: str | None, limit: int, cursor: str | None) -> Json:
        """Return a page of batches, newest first."""
        ids = sorted((task_id for task_id in self._ledger.batches if cursor is None or task_id < cursor), reverse=True)
        page: list[Batch] = []
        for task_id in ids:
            batch = self._ledger.batches[task_id]
            if (user_id is None or batch.spec.user_id == user_id) and (status is None or batch.state == status):
                page.append(batch)
            if len(page) > limit:
                break
        more = page[limit - 1].spec.task_id if len(page) > limit else None
        answer = {"items": [self._view(batch) for batch in page[:limit]], "next_cursor": more}
        await self._ledger.told()
        return answer

    async def photos(self, task_id: str, status: str | None, limit: int, cursor: str | None) -> Json:
        """Return a page of a batch's photos in their order."""
        batch = self._ledger.get(task_id)
        state = PhotoState[status.upper()] if status else None
        start = int(cursor) + 1 if cursor else 0
        chosen = [index for index, _ in zip(batch.indices(state, start), range(limit + 1), strict=False)]
        answer = {
            "items": [photo_view(batch, index, timings=True) for index in chosen[:limit]],
            "next_cursor": str(chosen[limit - 1]) if len(chosen) > limit else None,
        }
        await self._ledger.told()
        return answer

    async def photo(self, task_id: str, index: int) -> Json:
        """Return one photo; raises BatchError `not_found`."""
        batch = self._ledger.get(task_id)
        if not 0 <= index < len(batch.photos):
            raise BatchError("not_found", f"This batch has photos 0 to {len(batch.photos) - 1}.")
        answer = photo_view(batch, index, timings=True)
        await self._ledger.told()
        return answer

    async def watch(self, task_id: str, since: int, timeout_s: float, timings: bool = False) -> Json | None:
        """Wait until a batch moves past a version; return it with the photos changed since, None when it stood still.

        Raises BatchError `not_found`, also when the batch is deleted meanwhile.
        """
        if not await self._ledger.changed(task_id, since, timeout_s):
            return None
        batch = self._ledger.get(task_id)
        photos = [photo_view(batch, index, timings=timings) for index in batch.changed_since(since)] if since else []
        update = {"batch": self._view(batch), "photos": photos, "ended": batch.state in ENDED}
        await self._ledger.told()
        return update

    async def control(self, task_id: str, action: str) -> Json:
        """Pause, resume, cancel or retry a batch; raises BatchError `bad_transition`, `not_found`."""
        batch = self._ledger.get(task_id)
        if batch.state not in ALLOWED[action]:
            raise BatchError("bad_transition", f"A batch that is {batch.state} cannot be asked to {action}.")
        getattr(self, f"_{action}")(batch)
        return await self._tell(batch)

    async def delete(self, task_id: str) -> None:
        """Cancel a batch and hide it at once; its blobs and its records go afterwards, restarts or not."""
        if task_id in self._ledger.condemned:  # the answer to an earlier call was lost
            return
        batch = self._ledger.get(task_id)
        workers = batch.workers()
        self._ledger.condemn(batch)
        self._keys.forget(batch)
        self._dispatch.forget(batch)
        self._supervisor.revoke(workers, task_id, running=True)
        self._spawn(self._remove(batch))
        await self._ledger.told()

    async def stats(self) -> Json:
        """Return the service in numbers."""
        batches = self._ledger.batches.values()
        open_batches = self._ledger.open.values()
        now = time.time()
        paces = [pace for batch in open_batches if (pace := batch.pace.photos_per_s(len(batch.workers()), now))]
        waiting = [batch for batch in open_batches if batch.counts[PhotoState.QUEUED]]
        return {
            "batches": {state.value: sum(b.state == state for b in batches) for state in BatchState},
            "photos": {state.label: sum(b.counts[state] for b in batches) for state in PhotoState},
            "workers": self._supervisor.pool.counts(self._busy()),
            "sick": self._supervisor.pool.sick,
            "queue": {
                "batches": len(waiting),
                "photos": sum(batch.counts[PhotoState.QUEUED] for batch in waiting),
                "limit": self._config.max_queue,
            },
            "photos_per_s": sum(paces),
            "uptime_s": time.monotonic() - self._started,
            "version": self._config.version,
        }

    async def worker_pids(self) -> Json:
        """Return process ids by worker, for benchmarks and tests that kill on purpose."""
        workers = self._supervisor.pool.workers.values()
        return {worker.worker_id: await worker.handle.pid.remote() for worker in workers} | {"coordinator": os.getpid()}

    async def close(self) -> None:
        """End the workers and this coordinator; everything recorded is durable."""
        self._supervisor.end_all()
        await self._ledger.told()
        self._ledger.close()
        directory.end_actor(ray.get_runtime_context().current_actor)

    # --- for workers ----------------------------------------------------------------------------------------------

    async def exchange(self, worker_id: str, turn: int, outcomes: list[Outcome], holding: int, want: int) -> Grant:
        """Take a worker's reports and lease it up to `want` photos; see `Dispatch.exchange`."""
        await self._open.wait()
        return await self._dispatch.exchange(worker_id, turn, outcomes, holding, want)

    # --- controls -------------------------------------------------------------------------------------------------

    def _pause(self, batch: Batch) -> None:
        if batch.paused:
            return
        self._dispatch.record(batch, {"e": "paused"})
        revoked = self._supervisor.revoke(batch.workers(), batch.spec.task_id, running=False)
        self._spawn(self._take_back(revoked))

    def _resume(self, batch: Batch) -> None:
        if batch.paused:
            self._dispatch.record(batch, {"e": "resumed"})
            self._dispatch.wake()

    def _cancel(self, batch: Batch) -> None:
        if batch.state in ENDED:
            return
        workers = batch.workers()
        self._dispatch.record(batch, {"e": "cancelled"})
        self._spawn(self._take_back(self._supervisor.revoke(workers, batch.spec.task_id, running=True)))

    def _retry(self, batch: Batch) -> None:
        if batch.counts[PhotoState.FAILED] + batch.counts[PhotoState.CANCELLED]:
            self._dispatch.record(batch, {"e": "retried"})
            self._dispatch.wake()

    async def _take_back(self, revoked: "list[asyncio.Future[list[LeaseKey]]]") -> None:
        for answer in asyncio.as_completed(revoked):
            self._dispatch.give_back(await answer)

    async def _remove(self, batch: Batch) -> None:
        """Remove a condemned batch. What a worker still stores of it, the worker removes: its report is refused."""
        try:
            await self._blobs.delete_prefix(batch_prefix(batch.spec.task_id))
            for upload_id in batch.uploads():
                if not self._ledger.wants_upload(upload_id):  # asked each time: a batch may have come meanwhile
                    await self._blobs.delete_prefix(upload_prefix(upload_id))
        except StorageError:  # the next coordinator tries again
            log.exception("the blobs of a deleted batch could not be removed")
        else:
            self._ledger.remove(batch)

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        """Adopt the living workers, then keep house once a second until nobody wants us any more."""
        try:
            await self._adopt()
            # Rounds are counted, not seconds: after a long replay or a frozen machine the greetings are still queued.
            while self._quiet * HOUSEKEEPING_S < self._config.abandoned_s:
                self._keep_house()
                await asyncio.sleep(HOUSEKEEPING_S)
                self._quiet += 1
            log.warning("no ingress for %.0f s: leaving", self._config.abandoned_s)
            await self.close()
        except Exception:  # without housekeeping nothing is replaced: the next coordinator does better
            log.exception("housekeeping failed; the coordinator ends")
            os._exit(1)

    async def _adopt(self) -> None:
        held = await self._supervisor.adopt(self._ledger.epoch)
        for batch in list(self._ledger.open.values()):
            ours = [LeaseKey(batch.spec.task_id, i, batch.attempt[i]) for i in batch.holder]
            self._dispatch.give_back([key for key in ours if key not in held])
        self._open.set()
        for batch in list(self._ledger.condemned.values()):
            self._spawn(self._remove(batch))

    def _keep_house(self) -> None:
        try:
            self._supervisor.fill()
            self._supervisor.end_silent(self._busy())
        except RayError:  # the GCS is away; workers go on, and so do we
            log.exception("keeping house failed")

    def _worker_died(self, worker: WorkerRecord, suspicion: Suspicion | None) -> None:
        self._dispatch.worker_died(worker.worker_id, suspicion)

    def _admit(self, photos: int) -> None:
        if photos == 0:
            raise BatchError("no_photos", "A batch needs at least one photo: name image_urls, photos or files.")
        if photos > self._config.max_photos:
            raise BatchError(
                "too_many_photos",
                f"{photos} photos are more than one batch may hold ({self._config.max_photos}); make several of them.",
            )
        if len(self._ledger.open) >= self._config.max_queue:
            wait = self._first_end_s()
            raise BatchError(
                "queue_full",
                f"{len(self._ledger.open)} batches are waiting, which is the limit; try again in {wait:.0f} s.",
                retry_after_s=wait,
            )

    def _first_end_s(self) -> float:
        """Estimate when the first of the open batches will have ended, which makes room for one more."""
        now = time.time()
        etas = [
            eta[0]
            for batch in self._ledger.open.values()
            if (eta := batch.pace.eta_s(batch.remaining(), len(batch.workers()), now))
        ]
        return max(1.0, min(etas, default=10.0))

    def _busy(self) -> set[str]:
        return set().union(*(batch.workers() for batch in self._ledger.open.values()))

    def _view(self, batch: Batch) -> Json:
        return batch_view(batch, time.time(), self._config.result_ttl_s)

    async def _tell(self, batch: Batch) -> Json:
        view = self._view(batch)
        await self._ledger.told()
        return view

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("something in the background failed", exc_info=error)


def _journal_failed(error: StorageError) -> None:
    """End this process: a loser of the epoch for good, any other so that Ray starts the next one."""
    log.critical("the journal failed, the coordinator ends: %s", error)
    if isinstance(error, EpochLostError):
        directory.end_actor(ray.get_runtime_context().current_actor)
    os._exit(1)
