"""The replay of the journal from its beginning into batches and looks."""

import json
from collections.abc import Callable, Iterable

from actors.batches.batch import WHILE_AWAY, Batch
from actors.batches.events import BATCH_EVENTS, Archived, Created
from actors.batches.look_events import LOOK_EVENTS
from actors.batches.looks import JOURNAL_ID, Looks
from actors.batches.snapshot import archived
from actors.messages.records import Json
from storage.errors import StorageError
from storage.journal import Entry


class Replay:
    """Folds entries into state. The first entry that cannot be applied ends it: later ones would rest on a hole."""

    def __init__(self, over: Callable[[Batch, Archived | None], None] | None = None) -> None:
        """`over` is called with each batch after its last entry, and with its snapshot if it has one."""
        self.batches: dict[str, Batch] = {}
        self.looks = Looks()
        self.entries = 0
        self.outdated: set[str] = set()  # batches whose snapshot says too little: their entries must be read
        self._over = over
        self._last: Batch | None = None
        self._snapshot: Archived | None = None

    def read(self, entries: Iterable[Entry]) -> None:
        """Take entries in, batch by batch, versions ascending; raises StorageError."""
        for entry in entries:
            said = self.parse(entry)
            if self._last and entry.batch_id != self._last.spec.task_id:
                self._end()
            try:
                self._take(entry, said)
            except StorageError:  # of a later version: says so itself
                raise
            except Exception as error:
                raise _no_event(entry, error) from error
            self.entries += 1
        self._end()

    @staticmethod
    def parse(entry: Entry) -> Json:
        """Return the object that an entry is; raises StorageError."""
        try:
            said: Json = json.loads(entry.body)
            said["e"]
        except (ValueError, TypeError, KeyError) as error:
            raise _no_event(entry, error) from error
        return said

    def _take(self, entry: Entry, said: Json) -> None:
        if entry.batch_id == JOURNAL_ID:
            self.looks.apply(LOOK_EVENTS.read(said))
            return
        batch = self.batches.get(entry.batch_id)
        if batch is None and said["e"] not in (Created.kind, Archived.kind):  # of a batch that is gone
            return
        event = BATCH_EVENTS.read(said)
        if isinstance(event, Created):
            self._last = self.batches[entry.batch_id] = Batch.create(entry.version, said["t"], event)
        elif isinstance(event, Archived):
            self._last = self.batches[entry.batch_id] = archived(entry.version, event)
            self._snapshot = event
        elif batch is not None and batch.away and not isinstance(event, WHILE_AWAY):
            self.outdated.add(entry.batch_id)  # it was retried since; what follows needs its photos
        elif batch is not None:
            batch.apply(entry.version, said["t"], event)

    def _end(self) -> None:
        """Have done with a batch."""
        batch, snapshot = self._last, self._snapshot
        self._last = self._snapshot = None
        if batch and self._over and batch.spec.task_id not in self.outdated:
            self._over(batch, snapshot)


def _no_event(entry: Entry, error: Exception) -> StorageError:
    return StorageError(f"entry {entry.version} of {entry.batch_id} is no event ({type(error).__name__})")
