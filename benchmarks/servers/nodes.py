"""A Ray of several nodes, all on this machine."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deployments.local.session import new_scratch_folder
from deployments.settings import prepare_ray_environment

prepare_ray_environment()

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

# ruff: noqa: E402
import ray

MEMORY = 80 << 20  # bytes of object store, Ray's minimum


@contextmanager
def several_nodes(count: int, *, cpus: int, gpus: int = 0) -> Iterator["Cluster"]:
    """Run a Ray of a head without CPUs and `count` nodes, and join it, for the block's time.

    `add_node` of the cluster adds more, whose `object_store_memory` should be MEMORY.
    """
    os.environ["RAY_AUTH_MODE"] = "disabled"  # `Cluster` creates no token
    scratch = new_scratch_folder()
    (scratch / "ray").mkdir()
    os.environ["RAY_TMPDIR"] = str(scratch)  # otherwise every `ray.init()` would find the address of `Cluster`
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    head = {"num_cpus": 0, "object_store_memory": MEMORY, "temp_dir": str(scratch), "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
        for _ in range(count):
            cluster.add_node(num_cpus=cpus, num_gpus=gpus, object_store_memory=MEMORY)
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]
