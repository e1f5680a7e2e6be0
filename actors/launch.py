"""How the coordinator is started and closed; it starts everything else."""

from contextlib import suppress
from typing import Any

import ray
from ray.exceptions import RayError

from actors import directory
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.coordinator import Coordinator
from actors.directory import COORDINATOR

HEAD = "node:__internal_head__"
CLOSE_S = 5.0  # time for closing, beside the time for photos in progress


def start_coordinator(config: CoordinatorConfig) -> Any:
    """Start the coordinator on the head node, or return the one that is there."""
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


def close_coordinator(namespace: str, drain_s: float = 0.0) -> None:
    """Let the coordinator return its leases and end the workers and itself; takes at most drain_s + CLOSE_S."""
    with suppress(RayError, ValueError):  # it ends while it answers, or was gone before
        # By its handle: a client would repeat the call, and close the next coordinator too.
        ray.get(directory.find_coordinator(namespace).close.remote(drain_s), timeout=drain_s + CLOSE_S)
