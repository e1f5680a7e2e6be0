"""How the coordinator is started; everything else follows from it."""

from typing import Any

import ray

from actors.config import CoordinatorConfig
from actors.coordinator import Coordinator
from actors.directory import COORDINATOR

HEAD = "node:__internal_head__"


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
