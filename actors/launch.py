"""How our actors are created and found. The one place that knows Ray's options for them.

Handles are typed Any: an actor's methods are remote ones, which Ray's types cannot tell from the class.
"""

import asyncio
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util import list_named_actors
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.config import CoordinatorConfig, WorkerConfig
from actors.crumb import Suspicion, read_crumb

COORDINATOR = "coordinator"
WORKER_PREFIX = "worker-"
CRUMB_S = 10.0  # how long another node may take to show a crumb
HEAD = "node:__internal_head__"


def start_coordinator(config: CoordinatorConfig) -> Any:
    """Start the coordinator on the head node, or return the one that is there."""
    from actors.coordinator import Coordinator  # noqa: PLC0415 - not needed by those who only look it up

    return (
        ray.remote(Coordinator)
        .options(
            name=COORDINATOR,
            namespace=config.namespace,
            get_if_exists=True,
            lifetime="detached",
            max_restarts=-1,
            num_cpus=0,
            resources={HEAD: 0.001},
            max_concurrency=10_000,  # a waiting watcher is a call in progress
        )
        .remote(config)
    )


def find_coordinator(namespace: str) -> Any:
    """Return the living coordinator; raises ValueError when there is none."""
    return ray.get_actor(COORDINATOR, namespace=namespace)


def start_worker(worker_id: str, config: WorkerConfig, *, namespace: str, gpu_fraction: float) -> Any:
    """Start a worker; Ray places it where there is room, and it waits (and shows as demand) where there is none."""
    from actors.worker import Worker  # noqa: PLC0415

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


def living_workers(namespace: str) -> dict[str, Any]:
    """Return the workers of an earlier coordinator by name."""
    names = [
        actor["name"]
        for actor in list_named_actors(all_namespaces=True)
        if actor["namespace"] == namespace and actor["name"].startswith(WORKER_PREFIX)
    ]
    handles = {}
    for name in names:
        try:
            handles[name] = ray.get_actor(name, namespace=namespace)
        except (ValueError, RayError):  # it died between the two calls
            continue
    return handles


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


def end_actor(handle: Any) -> None:
    """Kill an actor for good."""
    ray.kill(handle, no_restart=True)
