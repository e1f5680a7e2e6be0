"""Run as a process of its own: a Ray of a head and two nodes with a GPU each, on which an elastic pool lives."""

import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.servers.nodes import MEMORY, several_nodes  # isort: skip - first: it prepares the environment

import ray
from ray._raylet import GcsClient
from ray.autoscaler.v2.sdk import get_cluster_resource_state

from actors.pool.config import Gpus
from actors.pool.demand import Elastic
from tests.actors.scripted import TimedRetoucher
from tests.actors.service import Service
from tests.told import tell

NODE = {"num_cpus": 8, "num_gpus": 1, "object_store_memory": MEMORY}
NETWORK = {"type": "filter", "params": {"ops": [{"op": "model", "name": "denoise"}]}}
PHOTOS = 240  # two minutes of one worker: a node is noticed to be lost after ten seconds


def main(folder: Path) -> None:
    """Tell what was seen."""
    seen: dict[str, Any] = {}
    with several_nodes(0, cpus=0) as cluster:
        elastic = Elastic(0, 6, target_s=2.0, idle_s=2.0)
        made = partial(TimedRetoucher, folder / "log.txt")
        here = Service(folder, elastic=elastic, gpus=Gpus(1 / 3, "always", 6), make_retoucher=made).start()
        here.until(here.greet, "the coordinator")
        seen["before"] = workers(here)
        task = here.submit(*["sleep 0.5"] * PHOTOS, preset=NETWORK)
        here.until(lambda: workers(here)["starting"] == 6, "workers to be asked for where no node can hold them")
        here.until(lambda: demand(cluster.address) == {"GPU": 1.998}, "the autoscaler to be told")
        nodes = [cluster.add_node(**NODE), cluster.add_node(**NODE)]
        here.until(lambda: workers(here)["busy"] == 6, "six workers", 90)
        seen["by node"] = sorted(Counter(node_of(here, name) for name in here.pids() if name != "coordinator").values())
        cluster.remove_node(nodes[0], allow_graceful=False)
        cluster.add_node(**NODE)
        here.until(lambda: workers(here)["busy"] == 6, "six workers again", 90)
        seen["counts"] = here.ended(task, 120)["counts"]
        here.until(lambda: sum(workers(here)[state] for state in ("ready", "busy", "starting")) == 0, "all to go")
        here.until(lambda: ray.available_resources().get("GPU") == 2, "the GPUs to be free")
        seen["a late photo"] = here.ended(here.submit("sleep 0", preset=NETWORK))["counts"]["succeeded"]
        tell(folder, seen)


def workers(here: Service) -> dict[str, int]:
    """Count GPU workers by state."""
    return here.greet()["gpu_workers"]


def demand(address: str) -> dict[str, float]:
    """What an autoscaler is told that actors wait for."""
    wanted: Counter[str] = Counter()
    for each in get_cluster_resource_state(GcsClient(address=address)).pending_resource_requests:
        for name, amount in each.request.resources_bundle.items():
            wanted[name] += round(amount * each.count, 3)
    return {name: round(amount, 3) for name, amount in wanted.items()}


def node_of(here: Service, name: str) -> str:
    """The node on which a worker lives."""
    hello = ray.get(ray.get_actor(name, namespace=here.config.namespace).attach.remote(0), timeout=30)
    return str(hello.node_id)


main(Path(sys.argv[1]))
