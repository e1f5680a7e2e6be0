"""The coordinator alone: `python -m benchmarks.coordinator [--photos 100000] [--workers 4] [--runs 5] [--quick]`.

Workers that do nothing lease and report like real ones, over Ray, with a SQLite journal: every lease and every report
is durable before it is answered. Measured are photos per second, the time to accept a batch of all photos, the time of
a status read meanwhile, and the growth of the coordinator's memory.
"""

import asyncio
import os
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.record.percentile import percentile
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
from storage.sqlite import SqliteJournal

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
_READ_EVERY_S = 0.01


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


@dataclass
class Measured:
    """One run."""

    photos: int
    accepted_s: float
    seconds: float
    photos_per_s: float
    bytes_a_photo: float
    reads_ms: list[float] = field(default_factory=list)


class _Reader(threading.Thread):
    """Reads a batch's status continuously, and records the times."""

    def __init__(self, namespace: str, task_id: str) -> None:
        super().__init__(name="reader", daemon=True)
        self._coordinator, self._task_id = CoordinatorClient(namespace), task_id
        self.took_ms: list[float] = []
        self.batch: dict[str, Any] = {}

    def run(self) -> None:
        asyncio.run(self._read())

    async def _read(self) -> None:
        while self.batch.get("status") != "completed":
            begun = time.perf_counter()
            self.batch = await self._coordinator.get(self._task_id)
            self.took_ms.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(_READ_EVERY_S)


def measure(photos: int, workers: int, folder: Path) -> Measured:
    """One run in an empty folder, on a Ray of its own."""
    with ExitStack() as stack:
        local = LocalRay(cpus=workers + 2, scratch=new_scratch_folder())
        stack.callback(local.stop)
        local.start()
        config = _config(photos, workers, folder)
        idle = [_start(config.namespace) for _ in range(workers)]  # the coordinator adopts them
        ray.get([worker.attach.remote(0) for worker in idle])
        launch.start_coordinator(config)
        _run(config.namespace, 2000)
        process = psutil.Process(asyncio.run(CoordinatorClient(config.namespace).greet())["pid"])
        before = process.memory_full_info().uss
        accepted_s, seconds, reads = _run(config.namespace, photos)
        grown = process.memory_full_info().uss - before
    return Measured(photos, accepted_s, seconds, photos / seconds, grown / photos, reads)


def _run(namespace: str, count: int) -> tuple[float, float, list[float]]:
    """Seconds until a batch is accepted, and from then until it has ended; the status reads meanwhile, in ms."""
    photos = [PhotoSpec(f"https://photos.example/2026/11/24/IMG_{n:06}.jpg", f"IMG_{n:06}.jpg") for n in range(count)]
    spec = BatchSpec(new_id("b"), "ann", preset=_PRESET, output={"format": "same", "quality": 92})
    begun = time.perf_counter()
    asyncio.run(CoordinatorClient(namespace).submit(spec, photos))
    accepted = time.perf_counter()
    reader = _Reader(namespace, spec.task_id)
    reader.start()
    reader.join()
    return accepted - begun, time.perf_counter() - accepted, reader.took_ms


def _start(namespace: str) -> Any:
    worker_id = new_id(WORKER_PREFIX)
    actor = ray.remote(IdleWorker).options(name=worker_id, namespace=namespace, lifetime="detached", num_cpus=0)
    return actor.remote(worker_id, namespace)


def _config(photos: int, workers: int, folder: Path) -> CoordinatorConfig:
    blobs = partial(open_blobs, (folder / "blobs").as_uri())
    return CoordinatorConfig(
        open_journal=partial(SqliteJournal, folder / "journal.db"),
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
    )


def _never() -> Any:
    raise RuntimeError("a real worker was started; the idle ones should have been adopted")


def figures(runs: list[Measured]) -> list[Figure]:
    """Return the figures of the runs."""
    return [
        Figure("photos a second", "photos/s", [run.photos_per_s for run in runs], Target(5000, least=True)),
        Figure("accepted", "s", [run.accepted_s for run in runs], Target(2.0)),
        Figure("status read p50", "ms", [percentile(run.reads_ms, 0.5) for run in runs]),
        Figure("status read p99", "ms", [percentile(run.reads_ms, 0.99) for run in runs], Target(20.0)),
        Figure("memory a photo", "bytes", [run.bytes_a_photo for run in runs], Target(1024)),
    ]


def main() -> None:
    """The command line."""
    parser = command.parser("coordinator", "The coordinator alone.", runs=5, quick="20,000 photos, one run")
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=4)
    wanted = parser.parse_args()
    photos, count = (20_000, 1) if wanted.quick else (wanted.photos, wanted.runs)
    runs = []
    for _ in range(count):
        with tempfile.TemporaryDirectory(prefix="photobatch-coordinator-") as folder:
            runs.append(measure(photos, wanted.workers, Path(folder)))
    case = {"photos": photos, "workers": wanted.workers}
    command.Speaker("coordinator", wanted).report(case, figures(runs))


if __name__ == "__main__":
    main()
