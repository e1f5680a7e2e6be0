"""Run as a process of its own: a Ray that claims a GPU where torch finds none, and what health says of it."""

import asyncio
import sys
from pathlib import Path

from deployments.local.session import new_scratch_folder
from deployments.settings import load_settings, prepare_ray_environment

prepare_ray_environment()

# ruff: noqa: E402
from actors import launch
from deployments import compose
from deployments.local.local_ray import LocalRay
from deployments.status.vitals import Vitals
from photobatch.schemas import Health


async def settled(vitals: Vitals) -> Health:
    """Return the health once the worker is ready."""
    async with asyncio.timeout(60):
        while (health := await vitals.take()).status != "ok":  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.1)
    return health


def main(folder: Path) -> None:
    """Print the health as JSON."""
    claimed = LocalRay(cpus=2, scratch=new_scratch_folder(), gpus=1)
    claimed.start()
    try:
        settings = load_settings(data_dir=folder, max_workers=1, use_gpu="always", redis_url=None)
        launch.start_coordinator(compose.coordinator_config(settings))
        print(asyncio.run(settled(Vitals(compose.services(settings)))).model_dump_json())
    finally:
        claimed.stop()


main(Path(sys.argv[1]))
