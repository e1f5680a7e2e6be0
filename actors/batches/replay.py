"""The replay of the journal from its beginning into batches and looks."""

import json
from collections.abc import Iterable

from actors.batches.batch import Batch
from actors.batches.events import BATCH_EVENTS, Created
from actors.batches.look_events import LOOK_EVENTS
from actors.batches.looks import JOURNAL_ID, Looks
from actors.messages.records import Json
from storage.errors import StorageError
from storage.journal import Entry


class Replay:
    """Folds entries into state. The first entry that cannot be applied ends it: later ones would rest on a hole."""

    def __init__(self) -> None:
        self.batches: dict[str, Batch] = {}
        self.looks = Looks()
        self.entries = 0

    def read(self, entries: Iterable[Entry]) -> None:
        """Take entries in, batch by batch, versions ascending; raises StorageError."""
        for entry in entries:
            said = self.parse(entry)
            try:
                self._take(entry, said)
            except StorageError:  # of a later version: says so itself
                raise
            except Exception as error:
                raise _no_event(entry, error) from error
            self.entries += 1

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
        if batch is None and said["e"] != Created.kind:  # of a batch that is gone
            return
        event = BATCH_EVENTS.read(said)
        if isinstance(event, Created):
            self.batches[entry.batch_id] = Batch.create(entry.version, said["t"], event)
        elif batch is not None:
            batch.apply(entry.version, said["t"], event)


def _no_event(entry: Entry, error: Exception) -> StorageError:
    return StorageError(f"entry {entry.version} of {entry.batch_id} is no event ({type(error).__name__})")
