"""Run as a process of its own: two nodes with a GPU each, and one of them kills the workers of a kind."""

import ctypes
import json
import sqlite3
import sys
from collections import Counter
from functools import partial
from pathlib import Path

from benchmarks.servers.nodes import several_nodes  # isort: skip - first: it prepares the environment

import ray

from actors.messages.records import BatchSpec, Json
from actors.pool.demand import Elastic
from actors.worker.attachments import Attached
from actors.worker.retoucher import NOTHING, Retouched
from models.erase.filling import Filling
from models.errors import DeviceLostError
from tests.actors.scripted import ScriptedRetoucher
from tests.actors.service import Service
from tests.told import tell

NETWORK = {"type": "filter", "params": {"ops": [{"op": "model", "name": "denoise"}]}}
PHOTOS = 200


class Faulty(ScriptedRetoucher):
    """On the node whose id is in the file `bad` it loses its GPU, or crashes without one."""

    def __init__(self, log: Path, bad: Path, kind: str) -> None:
        super().__init__(log)
        on_gpu = bool(ray.get_gpu_ids())
        self._is_bad = ray.get_runtime_context().get_node_id() == bad.read_text() and on_gpu == (kind == "gpu")

    def begin(
        self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached = NOTHING
    ) -> Filling[Retouched]:
        if self._is_bad and ray.get_gpu_ids():
            raise DeviceLostError("CUDA error: uncorrectable ECC error encountered")
        if self._is_bad:
            ctypes.string_at(0)
        return (yield from super().begin(data, job, params, attached))


def main(folder: Path, kind: str) -> None:
    """Tell what became of the photos."""
    with several_nodes(2, cpus=2, gpus=1) as cluster:
        bad = min(node.node_id for node in cluster.worker_nodes)
        (folder / "bad").write_text(bad)
        made = partial(Faulty, folder / "log.txt", folder / "bad", kind)
        elastic = Elastic(10_000, 10_000, target_s=1.0, fits=True)
        here = Service(folder, elastic=elastic, make_retoucher=made).start()
        here.until(lambda: here.greet()["workers"]["ready"] == 4, "a worker on each core")
        task = here.submit(*["sleep 0.1"] * PHOTOS, preset=NETWORK if kind == "gpu" else {})
        counts = here.ended(task, 200)["counts"]
        held = here.until(lambda: here.greet()["quarantined"], "the quarantine")
        killed = Counter(struck(folder / "journal.db"))  # workers, by photo
        later = here.ended(here.submit(*["sleep 0.1"] * 20, preset=NETWORK if kind == "gpu" else {}))
        attempts = max(photo["attempts"] for photo in here.photos(later["task_id"]))
        seen = {"counts": counts, "held": [[each["node"] == bad, each["kind"]] for each in held], "attempts": attempts}
        tell(folder, seen | {"of one photo": max(killed.values())})


def struck(journal: Path) -> list[int]:
    """Return the photos that were blamed for the death of a worker, once for each."""
    with sqlite3.connect(journal) as connection:
        bodies = connection.execute("select body from events order by version").fetchall()
    said = [json.loads(body) for (body,) in bodies]
    return [event["p"][0] for event in said if event["e"] == "struck"]


main(Path(sys.argv[1]), sys.argv[2])
