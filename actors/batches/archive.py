"""Ended batches whose photos are in the journal only: their totals, and their photos on request."""

import asyncio
import logging
from collections import Counter, OrderedDict
from concurrent.futures import ThreadPoolExecutor

from actors.batches.batch import Batch
from actors.batches.replay import Replay
from actors.messages.errors import journal_unavailable
from actors.photos.states import BatchState, PhotoState
from storage.errors import StorageError
from storage.journal import Journal

log = logging.getLogger(__name__)

KEPT_PHOTOS = 20_000  # of batches that were read last: 17 MB
READERS = 2  # threads; while the journal is away they wait, and nobody else's thread does

_Name = tuple[str, int]  # of a batch and its version: after a retry its photos are others


class Archive:
    """Reads the photos of batches that are `away`, each batch once for all who ask at a time.

    A batch is read whole: its events make a twin of it, in a thread. The twins that were used last are kept.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._readers = ThreadPoolExecutor(READERS, "journal-reader")
        self._reading: dict[_Name, asyncio.Future[Batch]] = {}
        self._twins: OrderedDict[_Name, Batch] = OrderedDict()  # least recently used first
        self.states: Counter[BatchState] = Counter()
        self.photos: Counter[PhotoState] = Counter()

    def add(self, batch: Batch) -> None:
        """Count a batch whose photos have been put away."""
        self.states[batch.state] += 1
        self.photos.update(batch.counts)

    def forget(self, batch: Batch) -> None:
        """Count a batch no more: it is removed, or its photos come back."""
        self._twins.pop(_name(batch), None)
        self.states[batch.state] -= 1
        self.photos.subtract(batch.counts)

    async def whole(self, batch: Batch, patience_s: float | None = None) -> Batch:
        """Return the batch if its photos are in memory, else a twin that has them and is for reading only.

        Raises BatchError `journal_unavailable` if the journal does not have them, or not within `patience_s`.
        """
        if not batch.away:
            return batch
        name = _name(batch)
        if name in self._twins:
            self._twins.move_to_end(name)
            return self._twins[name]
        reading = self._reading.get(name) or self._begin(name)
        await asyncio.wait({reading}, timeout=patience_s)
        if not batch.away:  # retried meanwhile
            return batch
        if not reading.done() or reading.cancelled() or reading.exception():
            raise journal_unavailable()
        return reading.result()

    def close(self) -> None:
        """Begin no more reads."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    def _begin(self, name: _Name) -> asyncio.Future[Batch]:
        reading = asyncio.get_running_loop().run_in_executor(self._readers, self._read, name)
        self._reading[name] = reading
        reading.add_done_callback(lambda done: self._end(name, done))
        return reading

    def _end(self, name: _Name, reading: asyncio.Future[Batch]) -> None:
        del self._reading[name]
        if reading.cancelled():  # the coordinator ends
            return
        if error := reading.exception():
            log.error("the photos of %s cannot be read: %s", name[0], error)
            return
        self._twins[name] = reading.result()
        while len(self._twins) > 1 and sum(len(twin.photos) for twin in self._twins.values()) > KEPT_PHOTOS:
            self._twins.popitem(last=False)

    def _read(self, name: _Name) -> Batch:
        """Make the twin, in a thread; raises StorageError."""
        task_id, version = name
        replay = Replay()
        replay.read(self._journal.read(task_id))
        twin = replay.batches.get(task_id)
        if twin is None or twin.version != version:  # removed meanwhile, or the journal came back older
            raise StorageError(f"the journal does not have version {version} of it")
        return twin


def _name(batch: Batch) -> _Name:
    return batch.spec.task_id, batch.version
