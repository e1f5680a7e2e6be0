"""Whether the service works: asked of those who know, with a short patience."""

import asyncio
import time
from typing import Any

from actors.errors import BatchError
from deployments.services import Services
from photobatch.schemas import Health, WorkerStats
from storage.errors import StorageError, StorageFullError

PATIENCE_S = 1.5
BLOBS_EVERY_S = 5.0
_PROBE = "health/probe"


class Vitals:
    """The health of one replica and of what it depends on."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._probing = asyncio.Lock()
        self._probed = float("-inf")
        self._blobs = "unknown"

    async def take(self) -> Health:
        """Return the health now; the blob store's is at most 5 s old."""
        stats, blobs = await asyncio.gather(self._stats(), self._blob_store())
        if stats is None:
            return self._unwell("unavailable", "no coordinator", None, "unavailable", blobs)
        workers = WorkerStats.model_validate(stats["workers"])
        if blobs != "ok":
            return self._unwell("unavailable", f"the blob store is {blobs}", workers, "ok", blobs)
        if workers.ready + workers.busy:
            return Health(status="ok", workers=workers, journal="ok", blobs=blobs, version=self._services.version)
        if stats["sick"]:
            reason = "workers end as soon as they are started; the server's log says why"
            return self._unwell("unavailable", reason, workers, "ok", blobs)
        return self._unwell("starting", "no worker is ready yet", workers, "ok", blobs)

    def _unwell(self, status: Any, reason: str, workers: WorkerStats | None, journal: str, blobs: str) -> Health:
        version = self._services.version
        return Health(status=status, workers=workers, journal=journal, blobs=blobs, version=version, reason=reason)

    async def _stats(self) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                told: dict[str, Any] = await self._services.coordinator.ask("stats")
        except (BatchError, TimeoutError):
            return None
        return told

    async def _blob_store(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE_S), self._probing:
                if time.monotonic() - self._probed > BLOBS_EVERY_S:
                    self._blobs = await self._probe()
                    self._probed = time.monotonic()
        except TimeoutError:
            return "unavailable"
        return self._blobs

    async def _probe(self) -> str:
        try:
            await self._services.blobs.put(_PROBE, b"ok")
            return "ok" if await self._services.blobs.get(_PROBE) == b"ok" else "unavailable"
        except StorageFullError:
            return "full"
        except StorageError:
            return "unavailable"
