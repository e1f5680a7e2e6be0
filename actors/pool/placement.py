"""The start of workers, and access to the nodes that they are on."""

import asyncio
from collections.abc import Callable
from typing import Any

import psutil
import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.pool.config import Gpus
from actors.pool.pool import WorkerRecord
from actors.worker.config import WorkerConfig
from actors.worker.crumb import Suspicion, peek_crumb, read_crumb
from actors.worker.worker import Worker

CRUMB_S = 10.0  # time-out for reading a crumb on another node


def start_worker(worker_id: str, config: WorkerConfig, *, namespace: str, gpus: Gpus) -> Any:
    """Start a worker; Ray spreads workers over its nodes. Without room the request waits and shows as demand."""
    return (
        ray.remote(Worker)
        .options(
            name=worker_id,
            namespace=namespace,
            lifetime="detached",
            max_restarts=0,
            num_cpus=1,
            num_gpus=_share(gpus),
            scheduling_strategy="SPREAD",
        )
        .remote(worker_id, namespace, config)
    )


def _share(gpus: Gpus) -> float:
    """Return a worker's part of a GPU, in whole thousandths, so that three thirds or ten tenths fit."""
    if gpus.use == "never":
        return 0.0
    here = gpus.use == "always" or ray.cluster_resources().get("GPU", 0) > 0  # type: ignore[no-untyped-call]
    return max(1, int(gpus.fraction * 1000)) / 1000 if here else 0.0


async def read_crumb_on(node_id: str, path: str) -> Suspicion | None:
    """Read and remove a dead worker's crumb where it lies; None when that node is gone too."""
    return await _on(node_id, read_crumb, path)


async def peek_crumb_on(node_id: str, path: str) -> Suspicion | None:
    """Read a worker's crumb where it lies; None when that node does not answer."""
    return await _on(node_id, peek_crumb, path)


async def _on(node_id: str, read: Callable[[str], Suspicion | None], path: str) -> Suspicion | None:
    if node_id == ray.get_runtime_context().get_node_id():
        return read(path)
    there = NodeAffinitySchedulingStrategy(node_id, soft=False)
    reading: Any = ray.remote(read).options(num_cpus=0, max_retries=0, scheduling_strategy=there).remote(path)
    try:
        found: Suspicion | None = await asyncio.wait_for(reading, CRUMB_S)
    except (RayError, TimeoutError):
        return None
    return found


def is_gone(worker: WorkerRecord) -> bool:
    """Whether the process of a worker that died is known to be gone.

    It may outlive the news: a raylet that is killed takes its workers along a second later, and a stopped process goes
    five seconds after it was killed. On another node only the connection may be gone.
    """
    return _runs(worker) is False


def lives_on(worker: WorkerRecord) -> bool:
    """Whether the process of a worker that died is known to run: Ray has lost it, and no photo has ended it."""
    return _runs(worker) is True


def _runs(worker: WorkerRecord) -> bool | None:
    """Return None for what this node cannot see.

    A process that ends gives back its memory before it closes its connections, and is a zombie only after that: who is
    told by a closed connection finds it without memory.
    """
    if worker.pid == 0 or worker.node_id != ray.get_runtime_context().get_node_id():
        return None
    try:
        return psutil.Process(worker.pid).memory_info().vms > 0
    except psutil.NoSuchProcess:
        return False


def machines() -> int:
    """Count this node and those on which workers may be. Blocking."""
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    # A node for GPU workers may offer no CPU.
    room = [node for node in nodes if node["Alive"] and any(node["Resources"].get(kind) for kind in ("CPU", "GPU"))]
    others = {node["NodeID"] for node in room}
    return len(others | {ray.get_runtime_context().get_node_id()})
