"""Previews: the coordinator names a worker, and that worker returns the pictures directly."""

import ray
from ray.exceptions import RayTaskError

from actors.client import GONE
from actors.messages.coordinator_api import CoordinatorApi
from actors.messages.errors import no_worker
from actors.messages.records import Json, Preview
from presets.networks import uses_networks

TRIES = 3  # if the named worker has died


class Previews:
    """Requests previews from workers."""

    def __init__(self, coordinator: CoordinatorApi, namespace: str) -> None:
        self._coordinator = coordinator
        self._namespace = namespace

    async def make(self, source: str, presets: list[Json], max_side: int) -> list[Preview]:
        """Return a picture of the photo for each resolved preset.

        Raises BatchError `no_worker`, SourceError, models.errors.PhotoError, storage.errors.StorageError.
        """
        # Named only if it matters: a coordinator of an earlier release does not know it.
        wanted = {"networks": True} if any(map(uses_networks, presets)) else {}
        for _ in range(TRIES):
            name = await self._coordinator.previewer(**wanted)
            try:
                worker = ray.get_actor(name, namespace=self._namespace)
                made: list[Preview] = await worker.preview.remote(source, presets, max_side)
            except RayTaskError as error:
                raise error.cause from None
            except GONE:
                continue
            return made
        raise no_worker()
