"""Run as a process of its own: a Ray that claims eight cores and one GPU, and batches for both kinds of workers."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

from deployments.local.session import new_scratch_folder
from deployments.settings import prepare_ray_environment

prepare_ray_environment()

import ray  # noqa: E402

from actors import directory  # noqa: E402
from actors.pool.demand import Elastic  # noqa: E402
from deployments.local.local_ray import LocalRay  # noqa: E402
from models.errors import DeviceUnusableError  # noqa: E402
from tests.actors.scripted import ScriptedRetoucher  # noqa: E402
from tests.actors.service import Service  # noqa: E402
from tests.told import tell  # noqa: E402

NETWORK = {"type": "filter", "params": {"ops": [{"op": "model", "name": "denoise"}]}}
EVERY_CORE = Elastic(10_000, 10_000, target_s=1.0, fits=True)


def without_driver(log: Path) -> ScriptedRetoucher:
    """Make the retoucher of a machine whose driver is too old."""
    if ray.get_gpu_ids():
        raise DeviceUnusableError("the driver is too old")
    return ScriptedRetoucher(log)


def main(folder: Path) -> None:
    """Tell what was seen."""
    one_gpu = LocalRay(cpus=8, scratch=new_scratch_folder(), gpus=1)
    one_gpu.start()
    try:
        tell(folder, {"both": both(folder / "both"), "unusable": unusable(folder / "unusable")})
    finally:
        one_gpu.stop()


def both(folder: Path) -> dict[str, Any]:
    """Compute a batch of each kind at the same time."""
    folder.mkdir()
    here = Service(folder, elastic=EVERY_CORE).start()
    here.until(lambda: here.greet()["workers"]["ready"] == 8, "a worker on each core")
    idle = ray.available_resources()
    networks = here.submit(*["sleep 0.2 network"] * 60, preset=NETWORK)
    here.until(lambda: here.greet()["gpu_workers"]["busy"] == 4, "four GPU workers")
    full = ray.available_resources()
    filters = here.submit(*["sleep 0.2 filter"] * 60)
    seen = {
        "gpu idle": idle.get("GPU", 0),
        "gpu full": full.get("GPU", 0),
        "cpu full": full.get("CPU", 0),
        "succeeded": [here.ended(task)["counts"]["succeeded"] for task in (networks, filters)],
        "on": {word: sorted(kinds(here, word)) for word in ("network", "filter")},
    }
    [node] = here.ask(here.coordinator.metrics())["nodes"].values()
    directory.find_coordinator(here.config.namespace).close.remote()
    return seen | {"gpus": node["gpus"]}


def kinds(here: Service, word: str) -> set[str]:
    """The kinds of workers that computed photos with this word."""
    handles = {name: ray.get_actor(name, namespace=here.config.namespace) for name in here.pids() if "worker" in name}
    hellos = ray.get([handle.attach.remote(0) for handle in handles.values()], timeout=30)
    by_pid = {str(hello.pid): "gpu" if hello.gpu else "cpu" for hello in hellos}
    return {by_pid[line.split()[0]] for line in here.lines("retouch") if word in line}


def unusable(folder: Path) -> dict[str, Any]:
    """Compute networks where a GPU is granted that cannot be used."""
    folder.mkdir()
    here = Service(folder, elastic=EVERY_CORE, make_retoucher=partial(without_driver, folder / "log.txt")).start()
    task = here.submit(*["sleep 0.01"] * 20, preset=NETWORK)
    told = here.until(lambda: here.greet()["quarantined"], "the GPU to be held")
    done = here.ended(task)
    return {
        "reasons": [each["kind"] + ": " + each["reason"] for each in told],
        "counts": done["counts"],
        "sick": here.greet()["sick"],
    }


main(Path(sys.argv[1]))
