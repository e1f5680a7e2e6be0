"""The coordinator: an async actor that owns all state. It decides and records; it never touches pixels."""

import asyncio
import logging
import os
import time
from contextlib import suppress

import ray
from ray.exceptions import RayError

from actors import directory, logs
from actors.background import Background
from actors.batches.batch import Batch
from actors.batches.idempotency import IdempotencyKeys
from actors.batches.ledger import Ledger
from actors.batches.reuse import Reuse
from actors.batches.views import batch_view, newest, one_photo, photo_page, photo_view
from actors.coordinator.admission import Admission
from actors.coordinator.appending import missing
from actors.coordinator.callbacks import Callbacks
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.controls import Controls
from actors.coordinator.dispatch import Dispatch
from actors.coordinator.expansion import Expander, contents_of
from actors.coordinator.hold import REASON, Hold
from actors.coordinator.matcher import Matcher
from actors.coordinator.putting_away import put_away_ended
from actors.coordinator.stats import service_stats
from actors.coordinator.sweeper import Sweeper
from actors.coordinator.upload_budget import UploadBudget
from actors.coordinator.user_data import PATIENCE_S, UserData
from actors.memory import tune_memory
from actors.messages.coordinator_api import CoordinatorApi
from actors.messages.errors import BatchError, journal_unavailable, no_worker
from actors.messages.records import BatchSpec, Done, Grant, Json, LeaseKey, PhotoSpec, Visit
from actors.photos.columns import uploads_named
from actors.photos.states import ENDED
from actors.pool import placement
from actors.pool.supervisor import Supervisor
from actors.pool.worker_record import WorkerRecord
from actors.worker.crumb import Suspicion
from storage.errors import StorageError
from storage.position import PositionRecord

log = logging.getLogger(__name__)

HOUSEKEEPING_S = 1.0
POLL_S = 0.05
READ_S = 10.0  # how long an answer waits for photos from the journal; 100,000 take about two seconds


class Coordinator(UserData):
    """Answers the ingress and the workers, and keeps house. CoordinatorApi documents its methods.

    State is in the ledger, leases in the dispatch, workers with the supervisor.
    """

    def __init__(self, config: CoordinatorConfig) -> None:
        logs.begin(config.logs, process="coordinator")
        tune_memory()
        hold = Hold(config.least_room)
        uploads = UploadBudget(config.max_upload_bytes_per_user, lambda: hold.free)
        super().__init__(Ledger(config.open_journal(), directory.end_coordinator), uploads)
        self._config = config
        self._started = time.monotonic()
        self._quiet = 0  # rounds of housekeeping since the last greeting
        self._machines = 1
        self._hold = hold
        self._blobs = config.open_blobs()
        self._position = PositionRecord(self._blobs)
        self._keys = IdempotencyKeys(self._ledger.batches.values())
        self._reuse = Reuse(self._ledger.batches.values(), self._ledger.archive.whole, on=config.reuse)
        self._spawn = Background().spawn
        self._admission = Admission(config)
        self._supervisor = Supervisor(config, self._worker_died)
        self._dispatch = Dispatch(self._ledger, self._supervisor.pool, hold, self._reuse, config.retry_count)
        self._controls = Controls(self._dispatch, self._supervisor, self._spawn, config.late_s)
        self._matcher = Matcher(self._dispatch, self._spawn)
        self._dispatch.all_analysed = self._matcher.begin
        self._sweeper = Sweeper(config, self._ledger, self._blobs, uploads, self._condemn)
        self._callbacks = Callbacks(config.callbacks, self._ledger, self._view)
        limits: Json = {"admission": self._admission, "max_photos": config.max_photos}
        self._expander = Expander(self._ledger, self._dispatch, hold, self._spawn, **limits)
        self._open = asyncio.Event()  # set once living workers are adopted; nothing is leased before
        self._spawn(self._live())

    # --- for the ingress ------------------------------------------------------------------------------------------

    async def greet(self) -> Json:
        self._quiet = 0
        return await self.stats() | {"pid": os.getpid()}

    async def hand_over(self, release: float) -> bool:
        if release <= self._config.release:
            return False
        log.warning("a later release is there: handing over")
        self._dispatch.stop()
        self._expander.stop()
        answers = [one.answer for one in self._supervisor.pool.workers.values() if one.answer and not one.answer.done()]
        if answers:  # they may hold leases, which would be lost
            await asyncio.wait(answers, timeout=PATIENCE_S)
            await asyncio.sleep(POLL_S)
        await self._end()
        return True

    async def reserve(self, key: str, owner: str, user: str | None = None) -> None:
        self._keys.reserve(key, owner, user)

    async def release(self, key: str, user: str | None = None) -> None:
        self._keys.release(key, user)

    async def submit(self, spec: BatchSpec, photos: list[PhotoSpec]) -> Json:
        if spec.task_id in self._ledger.condemned:  # just withdrawn, and the refusal was lost
            raise journal_unavailable()
        known = self._ledger.batches.get(spec.task_id)
        if known is None and spec.idempotency_key:
            known = self._keys.find(spec.user_id, spec.idempotency_key, spec.digest)
        if known is not None:
            view = await self._answer(known)
            if self._ledger.batches.get(known.spec.task_id) is not known:  # withdrawn by the call that made it
                raise journal_unavailable()
            return view
        self._hold.refuse()
        self._ledger.refuse()
        self._admission.check(spec.user_id, len(photos), self._ledger.open.values(), may_be_empty=spec.open)
        made = self._ledger.create(spec, contents_of(photos))
        self._expander.tick()
        self._uploads.made(made)
        self._keys.made(made)
        self._reuse.made(made)
        self._dispatch.wake()
        try:
            view = await self._answer(made)
        except BatchError:  # the client will submit again: the batch must not run twice
            self._condemn(made, withdrawn=True)
            raise
        log.info("batch accepted", extra={"batch": spec.task_id, "photos": len(photos)})
        return view

    async def append(self, task_id: str, photos: list[PhotoSpec], at: int | None = None) -> Json:
        batch = self._ledger.get(task_id)
        if not batch.open:  # a repeated request may still find its photos there
            batch = await self._whole(task_id)
        left = missing(batch, photos, at)
        if left:
            self._hold.refuse()
            self._ledger.refuse()
            self._admission.check_more(batch, len(left), self._ledger.open.values())
            for event in contents_of(left):
                self._dispatch.record(batch, event)
            self._expander.tick()
            self._uploads.release(uploads_named(((photo.source, photo.params) for photo in left), None))
            self._dispatch.wake()
        return await self._answer(self._ledger.get(task_id))

    async def adjust(self, task_id: str, index: int, params: Json | None) -> Json:
        batch = self._ledger.get(task_id)
        await self._ledger.restore(batch, READ_S)
        self._controls.adjust(batch, index, params)
        self._uploads.release(uploads_named([(None, params)], None))
        return await self._told(one_photo(batch, index))

    async def rename(self, task_id: str, name: str | None) -> Json:
        batch = self._ledger.get(task_id)
        self._controls.rename(batch, name)
        return await self._answer(batch)

    async def get(self, task_id: str) -> Json:
        return await self._answer(self._ledger.get(task_id))

    async def list_batches(self, user_id: str | None, status: str | None, limit: int, cursor: str | None) -> Json:
        self._ledger.check()
        page, more = newest(self._ledger.batches, user_id, status, limit, cursor)
        return await self._told({"items": [self._view(batch) for batch in page], "next_cursor": more})

    async def photos(self, task_id: str, status: str | None, limit: int, cursor: str | None) -> Json:
        return await self._told(photo_page(await self._whole(task_id), status, limit, cursor))

    async def photo(self, task_id: str, index: int) -> Json:
        return await self._told(one_photo(await self._whole(task_id), index))

    async def watch(
        self, task_id: str, since: int, timeout_s: float, *, timings: bool = False, gather_s: float = 0.0
    ) -> Json | None:
        if not await self._ledger.changed(task_id, since, timeout_s, gather_s):
            return None
        whole = await self._whole(task_id) if since else None
        batch = self._ledger.get(task_id)
        changed = whole.changed_since(since) if whole else ()
        photos = [photo_view(whole, index, timings=timings) for index in changed] if whole else []
        return await self._told({"batch": self._view(batch), "photos": photos, "ended": batch.state in ENDED})

    async def control(self, task_id: str, action: str) -> Json:
        batch = self._ledger.get(task_id)
        if action == "retry":
            await self._ledger.restore(batch, READ_S)
        self._controls.steer(batch, action)
        return await self._answer(batch)

    async def delete(self, task_id: str) -> None:
        if task_id not in self._ledger.condemned:  # else the answer to an earlier call was lost
            self._condemn(self._ledger.get(task_id))
        await self._ledger.durable(PATIENCE_S)

    async def previewer(self, *, networks: bool = False) -> str:
        worker = self._supervisor.pool.previewer(self._ledger.busy(), networks=networks)
        if worker is None:
            raise no_worker()
        return worker.worker_id

    async def stats(self) -> Json:
        uptime_s = time.monotonic() - self._started
        hold = REASON if self._hold.on else None
        pool = self._supervisor.pool
        told = service_stats(self._config, self._ledger, pool, self._ledger.busy(), hold=hold, uptime_s=uptime_s)
        return told | {"local_storage": self._config.local_blobs and self._machines > 1}

    async def metrics(self) -> Json:
        now: Json = {"longest_wait_s": self._dispatch.longest_wait_s(), "free_bytes": self._hold.free}
        nodes = self._dispatch.nodes.snapshot(self._ledger.busy())
        now |= {"epoch": self._ledger.epoch, "nodes": nodes}
        return await self.stats() | self._dispatch.counters.snapshot() | now

    async def close(self, drain_s: float = 0.0) -> None:
        """End the workers and this coordinator; photos in progress may finish for `drain_s` more seconds.

        Everything recorded becomes durable; remaining leases are returned.
        """
        self._dispatch.stop()
        self._expander.stop()
        for batch in list(self._ledger.open.values()):
            self._controls.take_back(batch)
        deadline = time.monotonic() + drain_s
        while self._ledger.busy() and time.monotonic() < deadline:  # noqa: ASYNC110 - counted, not announced
            await asyncio.sleep(POLL_S)
        self._supervisor.end_all()
        for batch in list(self._ledger.open.values()):
            self._dispatch.give_back([key for name in batch.workers() for key in batch.held_by(name)], 0.0)
        await self._end()

    # --- for workers ----------------------------------------------------------------------------------------------

    async def exchange(self, worker_id: str, visit: Visit) -> Grant:
        await self._open.wait()
        return await self._dispatch.exchange(worker_id, visit)

    async def unfit(self, worker_id: str, reason: str) -> None:
        if worker := self._supervisor.pool.workers.get(worker_id):
            worker.ours = worker.leaving = True
            self._supervisor.pool.quarantine.hold(worker.place, reason)

    async def find(self, task_id: str, index: int, engine: str, sha256: str) -> Done | None:
        return await self._reuse.find(self._ledger.get(task_id), index, engine, sha256)

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        """Adopt the living workers, then do housekeeping once a second until no ingress needs this coordinator."""
        try:
            await self._ledger.check_journal()
            if not self._ledger.stopped:
                await self._adopt()
            # Count rounds, not seconds: after a long replay or on a frozen machine greetings may still be queued.
            while self._quiet * HOUSEKEEPING_S < self._config.abandoned_s:
                await self._keep_house()
                await asyncio.sleep(HOUSEKEEPING_S)
                self._quiet += 1
            log.warning("no ingress for %.0f s: leaving", self._config.abandoned_s)
            await self.close()
        except Exception:  # without housekeeping nothing is replaced: start over
            log.exception("housekeeping failed; the coordinator ends")
            os._exit(1)

    async def _end(self) -> None:
        with suppress(BatchError):  # journal unavailable: the next coordinator returns the leases
            await self._ledger.durable(PATIENCE_S)
        await self._position.write(self._ledger.position())
        self._ledger.close()
        directory.end_actor(ray.get_runtime_context().current_actor)

    async def _adopt(self) -> None:
        await self._position.write(self._ledger.position())  # the epoch is known before anything is leased
        self._spawn(self._position.keep(self._ledger.position))
        if self._ledger.shortened:  # they hold attempts whose numbers will be given out again
            self._supervisor.end_strangers()
        held = await self._supervisor.adopt(self._ledger.epoch)
        for batch in list(self._ledger.open.values()):
            ours = [LeaseKey(batch.spec.task_id, i, batch.attempt[i]) for i in batch.holder]
            self._dispatch.give_back([key for key in ours if key not in held], self._config.late_s)
        self._open.set()
        self._spawn(self._sweeper.run())
        self._spawn(put_away_ended(self._ledger, self._config.recent_s))

    async def _keep_house(self) -> None:
        await self._ledger.check_journal()
        if self._ledger.stopped:  # lease, start, call and sweep nothing that the journal does not hold
            await self._position.write(self._ledger.position())
            return
        if not self._open.is_set():  # the older journal was read at the start
            log.warning("the newer journal is back: the coordinator starts anew")
            os._exit(1)
        free = None
        with suppress(StorageError):  # whoever stores a blob gets the error
            free = await asyncio.to_thread(self._blobs.free_bytes)
        if self._hold.update(journal_full=self._ledger.trouble == "full", free=free):
            self._dispatch.wake()
        self._controls.close_forsaken(self._ledger.open.values(), self._config.open_idle_s)
        self._matcher.tick(self._ledger.open.values())
        self._callbacks.tick()
        self._expander.tick()
        try:
            nodes = await asyncio.to_thread(placement.nodes)
            self._machines = placement.machines(nodes)
            self._supervisor.look(nodes)
            self._supervisor.shrink(self._supervisor.pool.resize(self._ledger.busy(), self._dispatch.backlogs()))
            self._supervisor.fill()
            self._supervisor.end_silent(self._ledger.busy())
        except RayError:  # the GCS is unavailable; workers continue, and so does this loop
            log.exception("keeping house failed")

    def _worker_died(self, worker: WorkerRecord, suspicion: Suspicion | None) -> None:
        late_s = 0.0 if placement.is_gone(worker) else self._config.late_s
        lost = self._dispatch.worker_died(worker, suspicion, late_s)
        if not worker.ours:
            self._dispatch.counters.died()
            self._supervisor.pool.quarantine.died(worker.place, suspicion and suspicion.photo, worker.born)
            self._dispatch.nodes.died(worker, leases=lost, device_lost=bool(suspicion and suspicion.device_lost))

    def _condemn(self, batch: Batch, *, withdrawn: bool = False) -> None:
        """Hide a batch and take it from its workers; the sweeper removes it."""
        workers = batch.workers()
        self._ledger.condemn(batch, self._config.late_s, withdrawn=withdrawn)
        self._keys.forget(batch)
        self._reuse.forget(batch)
        self._dispatch.forget(batch)
        self._controls.take_away(workers, batch.spec.task_id)

    def _view(self, batch: Batch) -> Json:
        return batch_view(batch, time.time(), self._config.result_ttl_s)

    async def _whole(self, task_id: str) -> Batch:
        return await self._ledger.whole(task_id, READ_S)

    async def _answer(self, batch: Batch) -> Json:
        return await self._told(self._view(batch))


_API: type[CoordinatorApi] = Coordinator  # mypy finds here what is missing, or differs
