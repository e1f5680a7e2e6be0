"""A coordinator whose workers do nothing: photos are done as soon as they are leased."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from benchmarks.servers.redis_server import RedisServer
from deployments.local.session import new_scratch_folder
from deployments.settings import prepare_ray_environment

prepare_ray_environment()

# ruff: noqa: E402
import ray

from actors import launch
from actors.client import CoordinatorClient
from actors.coordinator.config import CoordinatorConfig
from actors.directory import WORKER_PREFIX
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, Hello, Outcome, PhotoSpec, Visit
from actors.pool.config import Gpus
from actors.pool.demand import Elastic
from actors.worker.config import WorkerConfig
from actors.worker.worker import MOST
from deployments.local.local_ray import LocalRay
from models.codec.header import Limits
from storage.blobs import open_blobs
from storage.redis_log import RedisJournal
from storage.sqlite import SqliteJournal

JOURNALS = ("sqlite", "redis")
_PATIENCE_S = 200.0  # for a coordinator that is started anew
_PRESET = {"id": "filter_warm", "type": "filter", "version": 1, "params": {"temperature": 0.2, "strength": 1.0}}
_RESULT = {
    "width": 4032,
    "height": 3024,
    "bytes": 3_400_000,
    "format": "jpeg",
    "sha256": "ab" * 32,
    "input_sha256": "cd" * 32,
    "thumbnail": True,
    "original": False,
}
_TIMINGS_MS = {"fetch": 0.1, "decode": 0.1, "apply": 0.1, "encode": 0.1, "store": 0.1}


class IdleWorker:
    """A worker, from the coordinator's view, whose photos are done as soon as they are leased."""

    def __init__(self, worker_id: str, namespace: str) -> None:
        self._id = worker_id
        self._coordinator = CoordinatorClient(namespace)
        self._running: asyncio.Task[None] | None = None

    async def attach(self, epoch: int) -> Hello:
        """Answer a new coordinator; `epoch` does not matter, because nothing is held."""
        return Hello(self._id, ray.get_runtime_context().get_node_id(), crumb="", ready=True, held=[])

    async def run(self) -> None:
        """Lease and report for ever."""
        self._running = self._running or asyncio.ensure_future(self._work())
        await asyncio.shield(self._running)

    async def revoke(self, task_id: str, running: bool) -> None:
        """Do nothing: no leases are held."""

    async def pid(self) -> int:
        """Return the process id."""
        return os.getpid()

    async def _work(self) -> None:
        turn, outcomes = int(time.time()), list[Outcome]()
        while True:
            turn += 1
            grant = await self._coordinator.exchange(self._id, Visit(turn, outcomes, [], 0, MOST))
            outcomes = [
                Outcome(lease.key, result=_RESULT, engine="none", timings_ms=_TIMINGS_MS) for lease in grant.leases
            ]


def new_spec() -> BatchSpec:
    """Return a new batch."""
    return BatchSpec(new_id("b"), "ann", preset=_PRESET, output={"format": "same", "quality": 92})


def named_photos(count: int) -> list[PhotoSpec]:
    """Return photos with addresses of the usual length."""
    return [PhotoSpec(f"https://photos.example/2026/11/24/IMG_{n:06}.jpg", f"IMG_{n:06}.jpg") for n in range(count)]


class IdleService:
    """The coordinator, and where its journal is."""

    def __init__(self, config: CoordinatorConfig, folder: Path, redis: RedisServer | None) -> None:
        self.namespace = config.namespace
        self._folder, self._redis = folder, redis

    def connect(self) -> CoordinatorClient:
        """Return a client of the coordinator."""
        return CoordinatorClient(self.namespace, patience_s=_PATIENCE_S)

    def process(self) -> psutil.Process:
        """Return the coordinator's process; waits for one that answers."""
        return psutil.Process(asyncio.run(self.connect().greet())["pid"])

    def journal_bytes(self) -> int:
        """Return what the journal takes: in files, or in the memory of Redis."""
        if self._redis is not None:
            return self._redis.used_bytes()
        return sum(path.stat().st_size for path in self._folder.glob("journal.db*") if path.suffix != ".reserve")


@contextmanager
def idle_service(
    journal: str, photos: int, workers: int, folder: Path, recent_s: float = 60.0
) -> Iterator[IdleService]:
    """Run it in an empty folder, on a Ray of its own, until the end of the block.

    A batch may have so many photos. Those of batches that have ended leave memory after `recent_s`.
    """
    with ExitStack() as stack:
        redis = None
        if journal == "redis":
            redis = RedisServer(folder / "redis").start()
            stack.callback(redis.kill)
        local = LocalRay(cpus=workers + 2, scratch=new_scratch_folder())
        stack.callback(local.stop)
        local.start()
        config = _config(redis, photos, workers, folder, recent_s)
        idle = [_start(config.namespace) for _ in range(workers)]  # the coordinator adopts them
        ray.get([worker.attach.remote(0) for worker in idle])
        launch.start_coordinator(config)
        yield IdleService(config, folder, redis)


def _start(namespace: str) -> Any:
    worker_id = new_id(WORKER_PREFIX)
    actor = ray.remote(IdleWorker).options(name=worker_id, namespace=namespace, lifetime="detached", num_cpus=0)
    return actor.remote(worker_id, namespace)


def _config(redis: RedisServer | None, photos: int, workers: int, folder: Path, recent_s: float) -> CoordinatorConfig:
    blobs = partial(open_blobs, (folder / "blobs").as_uri())
    return CoordinatorConfig(
        open_journal=partial(RedisJournal, redis.url) if redis else partial(SqliteJournal, folder / "journal.db"),
        open_blobs=blobs,
        worker=WorkerConfig(open_blobs=blobs, make_retoucher=_never, limits=Limits(), timeout_s=60.0),
        elastic=Elastic(workers, workers),
        gpus=Gpus(),
        max_queue=100,
        max_queued_photos=2 * photos,
        max_photos=photos,
        retry_count=3,
        result_ttl_s=86_400.0,
        version="benchmark",
        recent_s=recent_s,
        abandoned_s=3600.0,  # nobody greets it
    )


def _never() -> Any:
    raise RuntimeError("a real worker was started; the idle ones should have been adopted")
