"""Workers that sleep instead of computing; everything else about them is real.

So more workers than cores can be measured, because sleeping needs no core.
"""

import asyncio
import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from deployments.local.session import new_scratch_folder
from deployments.settings import Settings, prepare_ray_environment

prepare_ray_environment()

# ruff: noqa: E402

from actors import launch
from actors.client import CoordinatorClient
from actors.coordinator.config import CoordinatorConfig
from actors.directory import NAMESPACE
from actors.messages.records import BatchSpec, Json, Preview
from actors.worker.attachments import Attached
from actors.worker.retoucher import NOTHING, Retouched
from deployments import compose
from deployments.local.local_ray import LocalRay
from deployments.local.waiting import Waiting, room
from models.erase.filling import Filling

_PATIENCE_S = 300.0
_NODE_MEMORY = 80 << 20  # bytes of object store, Ray's minimum


class SleepingRetoucher:
    """Sleeps and returns the photo unchanged."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @property
    def engine(self) -> str:
        """Return the current time: a worker calls this when it reports a photo, and clients get it."""
        return f"reported at {time.time_ns()}"

    side_by_side = 1

    def warm(self) -> None:
        """Do nothing."""

    def preview(self, data: bytes, presets: list[Json], attached: list[Attached], max_side: int) -> list[Preview]:
        """Return the photo unchanged."""
        return [Preview(data, max_side, max_side) for _ in presets]

    def light(self, data: bytes) -> Json:
        """Return none: nothing here is matched."""
        return {}

    def stale(self) -> bool:
        """Never."""
        return False

    def begin(
        self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached = NOTHING
    ) -> Filling[Retouched]:
        """Sleep."""
        yield from ()  # no holes
        begun = time.perf_counter()
        time.sleep(self._seconds)
        slept = (time.perf_counter() - begun) * 1000
        digest = hashlib.sha256(data).hexdigest()
        return Retouched(data, None, "jpeg", 1, 1, digest, 1, False, [], {"apply": slept})


def sleeping(settings: Settings, seconds: float) -> CoordinatorConfig:
    """Return the service's configuration with workers that sleep for each photo."""
    config = compose.coordinator_config(settings)
    return replace(config, worker=replace(config.worker, make_retoucher=partial(SleepingRetoucher, seconds)))


def wait_for_workers(coordinator: CoordinatorClient, workers: int) -> None:
    """Return once this many workers are ready; raises TimeoutError."""
    deadline, waiting = time.monotonic() + _PATIENCE_S, Waiting(workers)
    while time.monotonic() < deadline:
        counts = asyncio.run(coordinator.greet())["workers"]
        if counts["ready"] + counts["busy"] >= workers:
            return
        waiting.look(counts["ready"] + counts["busy"])
        time.sleep(0.2)
    raise TimeoutError(f"{workers} workers were not ready within {_PATIENCE_S:.0f} s. {room()}")


@contextmanager
def one_node(cpus: int) -> Iterator[Path]:
    """Run a Ray of one node until the end of the block; yields its folder."""
    with ExitStack() as stack:
        scratch = new_scratch_folder()
        local = LocalRay(cpus=cpus, scratch=scratch)
        stack.callback(local.stop)
        local.start()
        yield scratch


def start(settings: Settings, seconds: float) -> CoordinatorClient:
    """Start a coordinator and its sleeping workers; returns the coordinator once all are ready."""
    launch.start_coordinator(sleeping(settings, seconds))
    coordinator = CoordinatorClient(NAMESPACE)
    wait_for_workers(coordinator, settings.max_workers or 1)
    return coordinator
