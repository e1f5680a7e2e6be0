"""The sweeper: removes blobs and records that nobody can request any more, and nothing else."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from actors.batches.batch import Batch
from actors.batches.events import Swept
from actors.batches.ledger import Ledger
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.upload_budget import UploadBudget
from actors.messages.errors import BatchError
from actors.messages.ids import made_at
from storage.blobs import Blobs
from storage.errors import StorageError
from storage.keys import BATCHES, UPLOADS, attempt_prefix, batch_prefix, upload_prefix

log = logging.getLogger(__name__)

ROUND_S = 1.0
ORPHANS_S = 900.0
AFTER_ERROR_S = 30.0
AT_ONCE = 5000  # batches that are looked at before other tasks run: about a millisecond


class Sweeper:
    """Removes expired and deleted batches, blobs of dead attempts, unused uploads, and orphaned blobs.

    A removed batch leaves a tombstone in the journal for as long as a worker may still store something of it. Its blob
    prefix is swept again before the tombstone is removed. An orphan is a blob prefix that no batch or upload of the
    journal claims. It is removed once it is older than anything is kept, so that a store which two services share by
    mistake loses nothing that somebody could still fetch.
    """

    def __init__(
        self,
        config: CoordinatorConfig,
        ledger: Ledger,
        blobs: Blobs,
        uploads: UploadBudget,
        condemn: Callable[[Batch], None],
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._blobs = blobs
        self._uploads = uploads
        self._condemn = condemn
        self._emptied: set[str] = set()  # condemned batches whose blobs were removed a first time
        self._failed: dict[str, float] = {}  # when to try again, by batch

    async def run(self) -> None:
        """Sweep for ever."""
        orphans_at = 0.0
        while True:
            try:
                await self.sweep(time.time())
                if time.monotonic() >= orphans_at:
                    await self.sweep_orphans(time.time())
                    orphans_at = time.monotonic() + ORPHANS_S
            except Exception:  # the next round finds the rest
                log.exception("sweeping failed; it is tried again in %.0f s", AFTER_ERROR_S)
                await asyncio.sleep(AFTER_ERROR_S)
            await asyncio.sleep(ROUND_S)

    async def sweep(self, now: float) -> None:
        """Remove expired and deleted batches, and strays; `now` in unix seconds."""
        strewn: list[Batch] = []
        for count, (task_id, batch) in enumerate(list(self._ledger.batches.items()), 1):
            if count % AT_ONCE == 0:
                await asyncio.sleep(0)
            expires_at = batch.expires_at(self._config.result_ttl_s)
            if expires_at is not None and expires_at <= now:
                if self._ledger.batches.get(task_id) is batch:  # not deleted meanwhile
                    self._condemn(batch)
            elif batch.strays:
                strewn.append(batch)
        condemned = list(self._ledger.condemned.values())
        # Remove no blob for an event that a crash could take back. A coordinator that was frozen meanwhile ends here.
        await self._ledger.durable()
        for step, batches in ((self._remove, condemned), (self._sweep_strays, strewn)):
            for batch in batches:
                await self._try(step, batch, now)

    async def sweep_orphans(self, now: float) -> None:
        """Remove blobs that no batch or upload claims, `now` in unix seconds; raises StorageError."""
        batches = await self._blobs.children(BATCHES)
        uploads = await self._blobs.children(UPLOADS)
        # A coordinator that was frozen meanwhile does not know its successor's batches: it ends here.
        await self._ledger.confirm()
        kept_s = self._config.result_ttl_s + self._config.late_s
        known = self._ledger.batches.keys() | self._ledger.condemned.keys()
        for task_id in batches:
            if task_id not in known and _older(task_id, "b", now - kept_s):
                await self._blobs.delete_prefix(batch_prefix(task_id))
        gone: set[str] = set()
        for upload_id in uploads:
            old = _older(upload_id, "u", now - self._config.upload_ttl_s)
            if old and not self._ledger.wants_upload(upload_id):  # checked each time: a batch may have come meanwhile
                await self._blobs.delete_prefix(upload_prefix(upload_id))
                gone.add(upload_id)
        self._uploads.release(gone)
        await self._uploads.compare(set(uploads) - gone, self._ledger, self._blobs)

    async def _try(self, step: Callable[[Batch, float], Awaitable[None]], batch: Batch, now: float) -> None:
        """Take a step for one batch; if its files cannot be removed, other batches are not delayed."""
        task_id = batch.spec.task_id
        if time.monotonic() < self._failed.get(task_id, 0.0):
            return
        try:
            await step(batch, now)
        except (StorageError, BatchError):  # BatchError: its photos cannot be read from the journal
            log.exception("the blobs of %s cannot be removed; it is tried again in %.0f s", task_id, AFTER_ERROR_S)
            self._failed[task_id] = time.monotonic() + AFTER_ERROR_S
        else:
            self._failed.pop(task_id, None)

    async def _remove(self, batch: Batch, now: float) -> None:
        """Remove the blobs of a deleted batch at once, and again when its last worker must have ended."""
        task_id = batch.spec.task_id
        if task_id not in self._emptied:
            await self._blobs.delete_prefix(batch_prefix(task_id))
            for upload_id in () if batch.withdrawn else await self._ledger.uploads_of(batch):
                if not self._ledger.wants_upload(upload_id):
                    await self._blobs.delete_prefix(upload_prefix(upload_id))
            self._emptied.add(task_id)
        if batch.strays:
            if now < max(batch.strays.values()):
                return
            await self._blobs.delete_prefix(batch_prefix(task_id))
        self._emptied.discard(task_id)
        self._ledger.remove(batch)

    async def _sweep_strays(self, batch: Batch, now: float) -> None:
        """Remove the blobs of attempts that ended without an accepted report."""
        over = [stray for stray, due in batch.strays.items() if due <= now]
        for index, attempt in over:
            await self._blobs.delete_prefix(attempt_prefix(batch.spec.task_id, index, attempt))
        if over and self._ledger.batches.get(batch.spec.task_id) is batch:
            self._ledger.record(batch, Swept(over))


def _older(new_id: str, prefix: str, than: float) -> bool:
    made = made_at(new_id, prefix)
    return made is not None and made < than
