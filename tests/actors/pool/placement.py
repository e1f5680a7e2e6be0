"""Run as a process of its own: a Ray that claims one GPU, and five workers that ask for a quarter each."""

import json
import sys
from pathlib import Path

from deployments.local.session import new_scratch_folder
from deployments.settings import prepare_ray_environment

prepare_ray_environment()

import ray  # noqa: E402

from deployments.local.local_ray import LocalRay  # noqa: E402
from tests.actors.service import Service  # noqa: E402


def main(folder: Path) -> None:
    """Print what Ray placed, as JSON."""
    one_gpu = LocalRay(cpus=8, scratch=new_scratch_folder(), gpus=1)
    one_gpu.start()
    try:
        here = Service(folder, max_workers=5).start()
        here.until(lambda: here.stats()["workers"]["ready"] == 4, "four workers")
        free = ray.available_resources()
        told = {
            "workers": here.stats()["workers"],
            "gpu": free.get("GPU", 0),
            "cpu": free.get("CPU", 0),
        }
        done = here.ended(here.submit(*["sleep 0.01"] * 20))
        print(json.dumps(told | {"succeeded": done["counts"]["succeeded"]}))
    finally:
        one_gpu.stop()


main(Path(sys.argv[1]))
