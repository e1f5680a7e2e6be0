"""The supervisor of workers: starts, watches, adopts, replaces and ends them."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ray.exceptions import RayError

from actors import directory
from actors.messages.ids import new_id
from actors.messages.records import Hello, LeaseKey
from actors.pool import placement
from actors.pool.config import PoolConfig
from actors.pool.liveness import Liveness
from actors.pool.placement import Node
from actors.pool.pool import Pool
from actors.pool.worker_record import Kind, Place, WorkerRecord, WorkerState
from actors.worker.crumb import Suspicion, remove_crumb

log = logging.getLogger(__name__)

ATTACH_S = 3.0


class Supervisor:
    """Keeps the pool filled. Calls `on_death(worker, suspicion)` for every worker that ends."""

    def __init__(
        self,
        config: PoolConfig,
        on_death: Callable[[WorkerRecord, Suspicion | None], None],
    ) -> None:
        self._config = config
        self._on_death = on_death
        self._ending = False
        self._watches: set[asyncio.Task[None]] = set()
        self.pool = Pool(config.elastic, gpus_take_all=config.gpus.take_all)
        self._liveness = Liveness(config, self.pool)

    def end_strangers(self) -> None:
        """End the living workers of an earlier coordinator: this one does not know their leases."""
        for name, handle in directory.living_workers(self._config.namespace).items():
            log.warning("worker ended: it holds what the journal does not know", extra={"worker": name})
            directory.end_actor(handle)

    async def adopt(self, epoch: int) -> set[LeaseKey]:
        """Take over the living workers of an earlier coordinator; return every lease that they hold."""
        handles = directory.living_workers(self._config.namespace)
        if not handles:
            return set()
        asked = {asyncio.ensure_future(_attach(handle, epoch)): name for name, handle in handles.items()}
        done, late = await asyncio.wait(asked, timeout=ATTACH_S)
        held: set[LeaseKey] = set()
        for answer in done:
            hello = answer.result()
            if hello is None:
                continue
            held.update(hello.held)
            state = WorkerState.READY if hello.ready else WorkerState.STARTING
            handle = handles[asked[answer]]
            about = {"worker": hello.worker_id, "node": hello.node_id, "leases": len(hello.held)}
            log.info("worker adopted", extra=about)
            worker = WorkerRecord(hello.worker_id, handle, state=state)
            _introduce(worker, hello)
            worker.leaving = hello.release != self._config.release
            self._watch(worker)
        for answer in late:  # its leases go to others: it must not continue
            answer.cancel()
            directory.end_actor(handles[asked[answer]])
        return held

    def look(self, nodes: Sequence[Node]) -> None:
        """Learn which nodes there are: how many workers fit, and which places are to be avoided."""
        self.pool.quarantine.judge({place for node in nodes for place in node.places()})
        held = self.pool.quarantine.held
        for worker in self.pool.workers.values():
            worker.leaving = worker.leaving or worker.place in held
        cores = sum(node.cores for node in nodes if Place(node.node_id, Kind.CPU) not in held)
        devices = sum(node.gpus for node in nodes if Place(node.node_id, Kind.GPU) not in held)
        elastic = self._config.elastic
        gpus = replace(elastic, least=0, most=self._config.gpus.workers_on(devices), fits=False)
        self.pool.fit(elastic.on(cores), gpus)

    def fill(self) -> None:
        """Start missing workers. A worker without room waits for it, and an autoscaler sees the demand."""
        if self._ending:
            return
        for kind in self.pool.missing():
            worker_id = new_id(directory.WORKER_PREFIX)
            handle = placement.start_worker(
                worker_id,
                self._config.worker,
                namespace=self._config.namespace,
                gpu=self._config.gpus.share if kind is Kind.GPU else 0.0,
                avoid={place.node_id for place in self.pool.quarantine.held if place.kind is kind},
            )
            log.info("worker asked for", extra={"worker": worker_id, "kind": str(kind)})
            self._watch(WorkerRecord(worker_id, handle, kind=kind))

    def shrink(self, idle: list[WorkerRecord]) -> None:
        """End workers that are not needed; they hold nothing."""
        for worker in idle:
            log.info("worker not needed any more", extra={"worker": worker.worker_id})
            self._end(worker)

    def end_silent(self, busy: set[str]) -> None:
        """Kill workers that are frozen, or hold leases and have not reported for longer than their watchdog allows."""
        self._liveness.tick()
        limit = self._config.worker.timeout_s + self._config.grace_s
        for worker in list(self.pool.workers.values()):
            silent = time.monotonic() - worker.heard > limit
            waits_for_us = worker.answer is not None and not worker.answer.done()  # e.g. for the journal
            if worker.worker_id in busy and silent and not waits_for_us:
                log.warning("worker silent for too long: it is killed", extra={"worker": worker.worker_id})
                worker.overdue = True
                directory.end_actor(worker.handle)

    async def revoke(self, worker_ids: set[str], task_id: str, *, running: bool) -> None:
        """Ask workers to drop the photos of a batch that they have not begun (all photos, with `running`)."""
        workers = [worker for name in worker_ids if (worker := self.pool.workers.get(name))]
        told = [worker.handle.revoke.remote(task_id, running) for worker in workers]
        await asyncio.gather(*told, return_exceptions=True)  # a dead or unreachable worker need not know

    def end_all(self) -> None:
        """End every worker, and start no more."""
        self._ending = True
        for worker in list(self.pool.workers.values()):
            self._end(worker)

    def _end(self, worker: WorkerRecord) -> None:
        self.pool.workers.pop(worker.worker_id, None)  # at once, so that nothing is leased to it
        worker.ours = True
        directory.end_actor(worker.handle)
        remove_crumb(worker.crumb)

    def _watch(self, worker: WorkerRecord) -> None:
        self.pool.add(worker)
        task = asyncio.ensure_future(self._until_death(worker))
        self._watches.add(task)
        task.add_done_callback(self._watches.discard)

    async def _until_death(self, worker: WorkerRecord) -> None:
        try:
            hello: Hello = await worker.handle.attach.remote(0)  # once it is constructed: who and where it is
            _introduce(worker, hello)
            log.info("worker started", extra={"worker": worker.worker_id, "node": worker.node_id})
            await worker.handle.run.remote()  # returns when the worker leaves by itself
        except RayError as error:
            if not worker.ours:
                log.warning("worker died", extra={"worker": worker.worker_id, "reason": type(error).__name__})
        self.pool.died(worker)
        suspicion = None
        try:
            suspicion = await self._suspicion(worker)
        finally:  # whatever happened to the crumb, its photos are queued again
            self._on_death(worker, suspicion)
        self.fill()

    async def _suspicion(self, worker: WorkerRecord) -> Suspicion | None:
        """Return whom to blame. A lost node, our own hand, and the end of Ray itself are nobody's fault."""
        if worker.ours or not worker.crumb:
            return None
        suspicion = await placement.read_crumb_on(worker.node_id, worker.crumb)
        if worker.frozen:  # whatever it has begun since
            return None
        if placement.lives_on(worker) and not worker.overdue:
            return None
        return replace(suspicion, deadline=0.0) if suspicion and worker.overdue else suspicion


def _introduce(worker: WorkerRecord, hello: Hello) -> None:
    worker.crumb, worker.node_id, worker.pid = hello.crumb, hello.node_id, hello.pid
    worker.address = hello.address
    worker.kind = Kind.GPU if hello.gpu else Kind.CPU


async def _attach(handle: Any, epoch: int) -> Hello | None:
    try:
        hello: Hello = await handle.attach.remote(epoch)
    except RayError:  # it died before it answered
        return None
    return hello
