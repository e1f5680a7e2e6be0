"""Vitals: the health of the service, with short time-outs."""

import asyncio
import time
from typing import Any, Literal

from actors.coordinator.hold import REASON as FULL
from actors.messages.errors import BatchError
from deployments.services import Services
from photobatch.schemas import Health, HealthCode, WorkerStats
from storage.errors import StorageError, StorageFullError

PATIENCE_S = 1.5
BLOBS_EVERY_S = 5.0
LOCAL = "local_storage: files lie on each of several machines; set BATCH_BLOB_URL to a store that all of them reach"
_PROBE = "health/probe"

Status = Literal["ok", "starting", "unavailable"]


class Vitals:
    """Checks the health of one replica and of its dependencies."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._probing = asyncio.Lock()
        self._probed = float("-inf")
        self._blobs = "unknown"

    async def take(self) -> Health:
        """Return the health now; the blob store's is at most 5 s old."""
        stats, blobs = await asyncio.gather(self._stats(), self._blob_store())
        if stats and stats["hold"]:  # even if a probe of two bytes succeeds
            blobs = "full"
        if stats and stats.get("local_storage"):
            blobs = "local_storage"
        status, code, reason = _judge(stats, blobs)
        return Health(
            status=status,
            code=code,
            reason=reason,
            restarts=self._services.restarts.count,
            restart_reason=self._services.restarts.reason,
            workers=WorkerStats.model_validate(stats["workers"]) if stats else None,
            gpu_workers=stats.get("gpu_workers") if stats else None,
            quarantined=stats.get("quarantined", []) if stats else [],
            journal=stats["journal"] if stats else "unavailable",
            blobs=blobs,
            version=self._services.version,
        )

    async def _stats(self) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._services.coordinator.stats()
        except (BatchError, TimeoutError):
            return None

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


Verdict = tuple[Status, HealthCode | None, str | None]


def _judge(stats: dict[str, Any] | None, blobs: str) -> Verdict:  # noqa: PLR0911 - a list of cases
    """Return the status and, if it is not ok, the code and message of the most important reason."""
    if stats is None:
        return "unavailable", "no_coordinator", "no coordinator"
    if stats["journal"] == "behind":
        return "unavailable", "journal_behind", stats["journal_missing"]
    if stats["journal"] == "damaged":
        return "unavailable", "journal_damaged", stats["journal_missing"]
    if stats["journal"] == "unavailable":
        return "unavailable", "journal_unavailable", "the journal does not answer"
    if blobs == "full":
        return "unavailable", "storage_full", FULL
    if blobs == "local_storage":
        return "unavailable", "local_storage", LOCAL
    if blobs != "ok":
        return "unavailable", "storage_unavailable", f"the blob store is {blobs}"
    if stats["workers"]["ready"] + stats["workers"]["busy"]:
        return "ok", None, None
    if stats["sick"]:
        reason = "workers end as soon as they are started; the server's log says why"
        return "unavailable", "workers_died", reason
    if stats["elastic"]:  # a worker is started when there is work
        return "ok", None, None
    return "starting", "no_worker", "no worker is ready yet"
