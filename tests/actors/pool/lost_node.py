"""Run as a process of its own: a Ray of two nodes, and the one with the workers is lost in the middle of a batch."""

import json
import sqlite3
import sys
from pathlib import Path

from benchmarks.servers.nodes import MEMORY, several_nodes  # first: it prepares the environment
from tests.actors.service import Service
from tests.told import tell

PHOTOS = 12


def main(folder: Path, graceful: bool) -> None:
    """Tell what became of the photos."""
    with several_nodes(1, cpus=2) as cluster:
        (far,) = cluster.worker_nodes
        here = Service(folder, max_workers=2, local_blobs=True).start()
        here.ready()
        task = here.submit(*["sleep 0.5"] * PHOTOS)
        here.until(lambda: here.get(task)["counts"]["succeeded"] >= 2, "some photos")
        here.until(lambda: here.stats()["local_storage"], "two machines to be noticed")
        cluster.remove_node(far, allow_graceful=graceful)
        cluster.add_node(num_cpus=2, object_store_memory=MEMORY)
        batch = here.ended(task, 120)
        attempts = [photo["attempts"] for photo in here.photos(task)]
        tell(folder, {"counts": batch["counts"], "attempts": attempts, "events": events(folder / "journal.db")})


def events(journal: Path) -> list[str]:
    """Return the kinds of all events in their order."""
    with sqlite3.connect(journal) as connection:
        bodies = connection.execute("select body from events order by version").fetchall()
    return [json.loads(body)["e"] for (body,) in bodies]


main(Path(sys.argv[1]), sys.argv[2] == "drained")
