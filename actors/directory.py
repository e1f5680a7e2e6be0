"""How the actors find each other: by name, in one Ray namespace.

Handles are typed Any, because Ray's types do not describe the remote methods of an actor.
"""

import logging
import os
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util import list_named_actors

from storage.errors import EpochLostError, StorageError

log = logging.getLogger(__name__)

NAMESPACE = "photobatch"
COORDINATOR = "coordinator"
WORKER_PREFIX = "worker-"


def find_coordinator(namespace: str) -> Any:
    """Return the living coordinator; raises ValueError when there is none."""
    return ray.get_actor(COORDINATOR, namespace=namespace)


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


def end_actor(handle: Any) -> None:
    """Kill an actor for good."""
    ray.kill(handle, no_restart=True)


def end_coordinator(error: StorageError) -> None:
    """End this process after its journal failed. A loser of the epoch ends for good; otherwise Ray starts the next."""
    log.critical("the journal failed, the coordinator ends: %s", error)
    if isinstance(error, EpochLostError):
        end_actor(ray.get_runtime_context().current_actor)
    os._exit(1)
