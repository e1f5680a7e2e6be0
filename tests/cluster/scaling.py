"""Run on a host of its own (it ends every Ray there): Ray's autoscaler with the node types of cluster.yaml.

Its nodes are processes on this host, started by Ray's provider for tests; the autoscaler is the real one.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path

import yaml

from deployments.settings import prepare_ray_environment

os.environ["RAY_AUTH_MODE"] = "disabled"
prepare_ray_environment()

# ruff: noqa: E402
import ray
from ray.cluster_utils import AutoscalingCluster

from actors.pool.config import Gpus
from actors.pool.demand import Elastic
from tests.actors.service import Service

ROOT = Path(__file__).parent.parent.parent
MEMORY = 80 << 20
IDLE_MINUTES = 0.1


def main(folder: Path) -> None:
    """Print what was seen, as JSON."""
    types = yaml.safe_load((ROOT / "cluster.yaml").read_text())["available_node_types"]
    kept = ("resources", "min_workers", "max_workers")
    workers = {name: {key: types[name][key] for key in kept} | {"node_config": {}} for name in ("cpu", "gpu")}
    for kind in workers.values():
        kind["resources"] = {**kind["resources"], "object_store_memory": MEMORY}
    head = {"CPU": 0, "object_store_memory": MEMORY}
    cluster = AutoscalingCluster(head, workers, autoscaler_v2=True, idle_timeout_minutes=IDLE_MINUTES)
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
        print(json.dumps(seen))
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
