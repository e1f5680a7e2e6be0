"""The start of workers, and access to the nodes that they are on."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import psutil
import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.pool.worker_record import Kind, Place, WorkerRecord
from actors.worker.config import WorkerConfig
from actors.worker.crumb import Suspicion, peek_crumb, read_crumb
from actors.worker.worker import Worker

_NODE_ID = "ray.io/node-id"  # a label that Ray gives each node
CRUMB_S = 10.0  # time-out for reading a crumb on another node


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the cluster, with all its resources, free or not."""

    node_id: str
    cores: int
    gpus: int

    def places(self) -> list[Place]:
        """Return the kinds of workers that may be there."""
        kinds = ((Kind.CPU, self.cores), (Kind.GPU, self.gpus))
        return [Place(self.node_id, kind) for kind, count in kinds if count]


def nodes() -> list[Node]:
    """List the living nodes. Blocking."""
    known: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    living = [(node["NodeID"], node["Resources"]) for node in known if node["Alive"]]
    return [Node(node_id, int(has.get("CPU", 0)), int(has.get("GPU", 0))) for node_id, has in living]


def start_worker(
    worker_id: str, config: WorkerConfig, *, namespace: str, gpu: float, avoid: Collection[str] = ()
) -> Any:
    """Start a worker; Ray spreads workers over its nodes. Without room the request waits and shows as demand.

    `gpu`: its part of a GPU; it reserves no core then, because the CPU workers have them all. `avoid`: ids of nodes.
    """
    return (
        ray.remote(Worker)
        .options(
            name=worker_id,
            namespace=namespace,
            lifetime="detached",
            max_restarts=0,
            num_cpus=0 if gpu else 1,
            num_gpus=gpu,
            scheduling_strategy="SPREAD",
            label_selector={_NODE_ID: f"!in({','.join(sorted(avoid))})"} if avoid else None,
        )
        .remote(worker_id, namespace, config)
    )


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


def machines(known: Iterable[Node]) -> int:
    """Count this node and those on which workers may be."""
    return len({node.node_id for node in known if node.cores} | {ray.get_runtime_context().get_node_id()})
