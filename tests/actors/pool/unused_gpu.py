"""Run as a process of its own: a Ray that claims a GPU where torch finds none, and what health says of it."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from deployments.local.session import new_scratch_folder
from deployments.settings import load_settings, prepare_ray_environment

prepare_ray_environment()

# ruff: noqa: E402
from actors import launch
from actors.messages.errors import BatchError
from deployments import compose
from deployments.local.local_ray import LocalRay
from deployments.services import Services
from deployments.status.vitals import Vitals
from photobatch.schemas import Health
from tests.told import tell


async def settled(services: Services) -> Health:
    """Return the health once a GPU worker has been wanted, and has told that it cannot use its GPU."""
    vitals = Vitals(services)
    async with asyncio.timeout(60):
        while not (health := await vitals.take()).quarantined or health.status != "ok":
            with suppress(BatchError):  # no worker is ready yet
                await services.coordinator.previewer(networks=True)
            await asyncio.sleep(0.1)
    return health


def main(folder: Path) -> None:
    """Tell the health."""
    claimed = LocalRay(cpus=2, scratch=new_scratch_folder(), gpus=1)
    claimed.start()
    try:
        settings = load_settings(data_dir=folder, max_workers=1, redis_url=None)
        launch.start_coordinator(compose.coordinator_config(settings))
        tell(folder, asyncio.run(settled(compose.services(settings))).model_dump(mode="json"))
    finally:
        claimed.stop()


main(Path(sys.argv[1]))
