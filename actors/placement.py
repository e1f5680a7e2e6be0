"""Workers and the nodes they are on."""

import asyncio
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.config import WorkerConfig
from actors.crumb import Suspicion, read_crumb
from actors.worker import Worker

CRUMB_S = 10.0  # how long another node may take to show a crumb


def start_worker(worker_id: str, config: WorkerConfig, *, namespace: str, gpu_fraction: float) -> Any:
    """Start a worker; Ray places it where there is room, and it waits (and shows as demand) where there is none."""
    has_gpu = ray.cluster_resources().get("GPU", 0) > 0  # type: ignore[no-untyped-call]
    return (
        ray.remote(Worker)
        .options(
            name=worker_id,
            namespace=namespace,
            lifetime="detached",
            max_restarts=0,
            num_cpus=1,
            num_gpus=gpu_fraction if has_gpu else 0,
        )
        .remote(worker_id, namespace, config)
    )


async def read_crumb_on(node_id: str, path: str) -> Suspicion | None:
    """Read and remove a dead worker's crumb where it lies; None when that node is gone too."""
    if node_id == ray.get_runtime_context().get_node_id():
        return read_crumb(path)
    there = NodeAffinitySchedulingStrategy(node_id, soft=False)
    reading: Any = ray.remote(read_crumb).options(num_cpus=0, max_retries=0, scheduling_strategy=there).remote(path)
    try:
        found: Suspicion | None = await asyncio.wait_for(reading, CRUMB_S)
    except (RayError, TimeoutError):
        return None
    return found
