"""The worker: an actor that leases photos, sends them through its stages, and reports."""

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Callable

import ray

from actors import logs
from actors.client import CoordinatorClient
from actors.messages.errors import no_worker
from actors.messages.records import Done, Gpu, Grant, Hello, Json, LeaseKey, Outcome, Preview, Visit
from actors.sources.fetch import Fetcher
from actors.worker.config import WorkerConfig
from actors.worker.crumb import Crumb, remove_crumb
from actors.worker.nvml import Nvml, open_nvml
from actors.worker.retoucher import Retoucher
from actors.worker.stages import Stages, discard
from actors.worker.work import Work
from models.errors import DeviceUnusableError
from models.fallbacks import take_fallbacks

log = logging.getLogger(__name__)

MEASURE_S = 10.0  # between two readings of the GPUs
PATIENCE_S = 5.0  # for a reading
FIND_S = 2.0  # waiting longer costs more than computing the photo
MOST = 32  # most photos that a worker requests at once; the coordinator decides how many it gets


class Worker:
    """Pulls leases when it has room. Nothing is pushed to it except the request to return a batch's photos."""

    def __init__(self, worker_id: str, namespace: str, config: WorkerConfig) -> None:
        logs.begin(config.logs, process="worker", worker=worker_id)
        self._id = worker_id
        self._config = config
        self._crumb = Crumb(worker_id)
        self._coordinator = CoordinatorClient(namespace, patience_s=config.orphaned_s)
        self._stages: Stages | None = None
        self._outbox: list[Outcome] = []
        self._returned: list[LeaseKey] = []  # revoked, not yet reported to the coordinator
        self._fallbacks: Counter[str] = Counter()  # not yet reported
        self._nvml: Nvml | None = None
        self._measured = float("-inf")
        self._news = asyncio.Event()
        self._epoch = 0
        self._turn = int(time.time())  # a number that this coordinator has never answered
        self._running: asyncio.Task[None] | None = None

    async def attach(self, epoch: int) -> Hello:
        """Answer a new coordinator; answers of earlier coordinators no longer count."""
        self._epoch = max(self._epoch, epoch)
        return Hello(
            worker_id=self._id,
            node_id=ray.get_runtime_context().get_node_id(),
            crumb=self._crumb.path,
            ready=self._stages is not None,
            held=[*(self._stages.held() if self._stages else []), *(outcome.key for outcome in self._outbox)],
            release=self._config.release,
            pid=os.getpid(),
            gpu=bool(ray.get_gpu_ids()),
            address=ray.util.get_node_ip_address(),  # type: ignore[no-untyped-call]
        )

    async def run(self) -> None:
        """Work; returns when this worker leaves. A second call waits for the first."""
        if self._running is None:
            self._running = asyncio.ensure_future(self._work())
        await asyncio.shield(self._running)

    async def revoke(self, task_id: str, running: bool) -> None:
        """Drop photos of a batch that are not begun (all, with `running`); the next exchange returns them."""
        if self._stages:
            self._returned += self._stages.revoke(task_id, running=running)
            self._news.set()

    async def preview(self, source: str, presets: list[Json], max_side: int) -> list[Preview]:
        """Return small pictures of a photo, one for each resolved preset: see `Stages.preview`."""
        if self._stages is None:
            raise no_worker()
        return await self._stages.preview(source, presets, max_side)

    async def pid(self) -> int:
        """Return the process id."""
        return os.getpid()

    async def _work(self) -> None:
        try:
            stages, retoucher = await asyncio.to_thread(self._build)
            running = asyncio.ensure_future(stages.run())
            self._stages = stages
            asking = asyncio.ensure_future(self._exchange_forever(stages, retoucher))
            await asyncio.wait({running, asking}, return_when=asyncio.FIRST_COMPLETED)
            for ended in (running, asking):
                if ended.done() and (error := ended.exception()):
                    log.error("the worker leaves: %s", type(error).__name__, exc_info=error)
        except DeviceUnusableError as why:
            log.error("this worker was given a GPU and cannot use it: %s", why)
            await self._coordinator.unfit(self._id, f"a GPU worker cannot use the GPU there: {why}")
        except Exception:  # log it here: the process ends next
            log.exception("the worker could not start")
        finally:
            remove_crumb(self._crumb.path)  # it leaves by itself: no photo is a suspect
            os._exit(1)  # at once: Ray's own exit would wait for the compute thread

    def _build(self) -> tuple[Stages, Retoucher]:
        """Load models and process one picture, so that a ready worker makes nobody wait."""
        config = self._config
        retoucher = config.make_retoucher()
        retoucher.warm()
        if ray.get_gpu_ids():
            self._nvml = open_nvml()
        blobs = config.open_blobs()
        fetcher = Fetcher(
            blobs,
            max_bytes=config.limits.max_bytes,
            roots=config.roots,
            allowed_hosts=config.allowed_hosts,
        )
        self._blobs = blobs
        stages = Stages(
            fetcher=fetcher,
            retoucher=retoucher,
            blobs=blobs,
            crumb=self._crumb,
            timeout_s=config.timeout_s,
            find=self._find,
            finished=self._finished,
            traced=self._open_traces(),
        )
        return stages, retoucher

    def _open_traces(self) -> Callable[[Work, Outcome], None] | None:
        tracer = self._config.open_tracer and self._config.open_tracer(self._id)
        if tracer is None:
            return None
        from actors.worker.photo_spans import PhotoSpans  # noqa: PLC0415 - it imports OpenTelemetry

        return PhotoSpans(tracer).add

    async def _find(self, key: LeaseKey, engine: str, sha256: str) -> Done | None:
        async with asyncio.timeout(FIND_S):
            return await self._coordinator.find(key.task_id, key.index, engine, sha256)

    def _finished(self, outcome: Outcome) -> None:
        self._outbox.append(outcome)
        self._news.set()

    async def _exchange_forever(self, stages: Stages, retoucher: Retoucher) -> None:
        """Report and request leases whenever there is a report or room for more, until the retoucher is stale."""
        while True:
            self._news.clear()
            stale = retoucher.stale()
            if stale and not (stages.held() or self._outbox or self._returned):
                log.warning("the worker leaves: its successor starts with the weights that are there now")
                return
            want = 0 if stale or stages.alone or stages.waiting > 1 else MOST
            if self._outbox or self._returned or want:
                grant = await self._exchange(stages, want)
                if grant.leases or self._outbox or self._returned or not stages.held():
                    continue
            await self._news.wait()

    async def _exchange(self, stages: Stages, want: int) -> Grant:
        gpus = await self._gpus()
        reports, returned = list(self._outbox), list(self._returned)
        self._fallbacks.update(take_fallbacks())
        fallbacks = dict(self._fallbacks)
        while True:
            self._turn += 1
            visit = Visit(self._turn, reports, returned, len(stages.held()), want, fallbacks, gpus)
            grant = await self._coordinator.exchange(self._id, visit)
            if grant.epoch >= self._epoch:  # else an answer of a dead coordinator, unknown to its successor
                break
        self._epoch = grant.epoch
        del self._outbox[: len(reports)], self._returned[: len(returned)]
        self._fallbacks.clear()
        for lease in grant.leases:  # before any await: a concurrent query must see them
            stages.take(lease, grant.jobs[lease.key.task_id])
        for key in grant.refused:
            await discard(self._blobs, key)
        return grant

    async def _gpus(self) -> list[Gpu]:
        """Return the GPUs of this node if it is time to measure them, else none."""
        if self._nvml is None or time.monotonic() - self._measured < MEASURE_S:
            return []
        self._measured = time.monotonic()
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._nvml.read), PATIENCE_S)
        except TimeoutError:  # the driver hangs; a thread hangs with it, so do not ask again
            log.warning("the GPUs do not tell their use and memory")
            self._nvml = None
            return []
