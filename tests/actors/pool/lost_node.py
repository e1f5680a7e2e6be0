"""Run as a process of its own: a Ray of two nodes, and the one with the workers is lost in the middle of a batch."""

import json
import os
import sqlite3
import sys
from pathlib import Path

from deployments.local.session import new_scratch_folder
from deployments.settings import prepare_ray_environment

prepare_ray_environment()
os.environ["RAY_AUTH_MODE"] = "disabled"  # `Cluster` makes no token

import ray  # noqa: E402
from ray.cluster_utils import Cluster  # noqa: E402

from tests.actors.service import Service  # noqa: E402

MEMORY = 80 << 20
PHOTOS = 12


def main(folder: Path, graceful: bool) -> None:
    """Print what became of the photos, as JSON."""
    scratch = new_scratch_folder()
    (scratch / "ray").mkdir()
    os.environ["RAY_TMPDIR"] = str(scratch)  # `Cluster` leaves its address where every `ray.init()` would find it
    head = {"num_cpus": 0, "object_store_memory": MEMORY, "temp_dir": str(scratch), "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        ray.init(address=cluster.address, log_to_driver=False)
        far = cluster.add_node(num_cpus=2, object_store_memory=MEMORY)
        here = Service(folder, max_workers=2, local_blobs=True).start()
        here.ready()
        task = here.submit(*["sleep 0.5"] * PHOTOS)
        here.until(lambda: here.get(task)["counts"]["succeeded"] >= 2, "some photos")
        here.until(lambda: here.stats()["local_storage"], "two machines to be noticed")
        cluster.remove_node(far, allow_graceful=graceful)
        cluster.add_node(num_cpus=2, object_store_memory=MEMORY)
        batch = here.ended(task, 120)
        attempts = [photo["attempts"] for photo in here.photos(task)]
        print(json.dumps({"counts": batch["counts"], "attempts": attempts, "events": events(folder / "journal.db")}))
    finally:
        ray.shutdown()
        cluster.shutdown()


def events(journal: Path) -> list[str]:
    """Return the kinds of all events in their order."""
    with sqlite3.connect(journal) as connection:
        bodies = connection.execute("select body from events order by version").fetchall()
    return [json.loads(body)["e"] for (body,) in bodies]


main(Path(sys.argv[1]), sys.argv[2] == "drained")
