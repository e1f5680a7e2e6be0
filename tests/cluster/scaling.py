"""Run on a host of its own (it ends every Ray there): Ray's autoscaler with the node types of cluster.yaml.

Its nodes are processes on this host, started by Ray's provider for tests. The autoscaler is the real one, in its first
version: with this provider the second one sees no demand (tried with Ray 2.60.0).
"""

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from deployments.settings import prepare_ray_environment

prepare_ray_environment()
os.environ["RAY_AUTH_MODE"] = "disabled"  # Ray's provider for tests creates no token

# ruff: noqa: E402
import ray
from ray.autoscaler._private.fake_multi_node.node_provider import FAKE_HEAD_NODE_ID
from ray.cluster_utils import AutoscalingCluster

from actors.pool.config import Gpus
from actors.pool.demand import Elastic
from tests.actors.service import Service
from tests.told import tell

ROOT = Path(__file__).parent.parent.parent
MEMORY = 80 << 20
IDLE_MINUTES = 0.1
_COMMANDS = ("initialization", "setup", "head_setup", "worker_setup", "head_start_ray", "worker_start_ray")
_LISTS = (*(f"{kind}_commands" for kind in _COMMANDS), "cluster_synced_files", "rsync_exclude", "rsync_filter")


class Autoscaled(AutoscalingCluster):
    """Ray's, whose template is not in the wheel."""

    def _generate_config(
        self,
        head_resources: dict[str, Any],
        worker_node_types: dict[str, Any],
        autoscaler_v2: bool = False,
        **more: Any,
    ) -> dict[str, Any]:
        head = {"resources": head_resources, "node_config": {}, "max_workers": 0}
        provider = {
            "type": "fake_multinode",
            "use_node_id_as_ip": True,
            "disable_node_updaters": True,
            "disable_launch_config_check": True,
            "launch_multiple": True,
            "head_node_id": FAKE_HEAD_NODE_ID,
        }
        return {
            "cluster_name": "scaling",
            "max_workers": sum(kind["max_workers"] for kind in worker_node_types.values()),
            "provider": provider,
            "available_node_types": worker_node_types | {"ray.head.default": head},
            "head_node_type": "ray.head.default",
            "upscaling_speed": 1.0,
            **{key: {} for key in ("auth", "docker", "file_mounts")},
            **{key: [] for key in _LISTS},
            "file_mounts_sync_continuously": False,
            **more,
        }


def main(folder: Path) -> None:
    """Tell what was seen."""
    types = yaml.safe_load((ROOT / "cluster.yaml").read_text())["available_node_types"]
    kept = ("resources", "min_workers", "max_workers")
    workers = {name: {key: types[name][key] for key in kept} | {"node_config": {}} for name in ("cpu", "gpu")}
    for kind in workers.values():
        kind["resources"] = {**kind["resources"], "object_store_memory": MEMORY}
    head = {"CPU": 0, "object_store_memory": MEMORY}
    cluster = Autoscaled(head, workers, idle_timeout_minutes=IDLE_MINUTES)
    cluster.start()
    try:
        ray.init(address="auto", log_to_driver=False)
        here = Service(folder, elastic=Elastic(0, 12, target_s=2.0, idle_s=2.0), gpus=Gpus(0.25, "never")).start()
        here.until(here.greet, "the coordinator")
        seen = {"before": nodes()}
        task = here.submit(*["sleep 0.5"] * 120)
        here.until(lambda: nodes() == {"cpu": 2}, "two nodes for twelve workers", 120)
        seen["counts"] = here.ended(task, 120)["counts"]
        here.until(lambda: nodes() == {}, "the nodes to go", 120)
        seen["again"] = here.ended(here.submit("sleep 0"), 120)["counts"]
        tell(folder, seen)
    finally:
        ray.shutdown()
        cluster.shutdown()


def nodes() -> dict[str, int]:
    """Count the living nodes besides the head, by type."""
    alive = [
        node["Resources"] for node in ray.nodes() if node["Alive"] and "node:__internal_head__" not in node["Resources"]
    ]
    return dict(Counter("gpu" if resources.get("GPU") else "cpu" for resources in alive))


main(Path(sys.argv[1]))
