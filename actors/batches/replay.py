"""The replay of the journal from its beginning into batches and looks."""

import json
from collections.abc import Iterable

from actors.batches.batch import Batch
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
            event = self.parse(entry)
            try:
                self._take(entry, event)
            except StorageError:  # an event of a later version: the error says so
                raise
            except Exception as error:
                raise _no_event(entry, error) from error
            self.entries += 1

    @staticmethod
    def parse(entry: Entry) -> Json:
        """Return the event that an entry is; raises StorageError."""
        try:
            event: Json = json.loads(entry.body)
            event["e"]
        except (ValueError, TypeError, KeyError) as error:
            raise _no_event(entry, error) from error
        return event

    def _take(self, entry: Entry, event: Json) -> None:
        if entry.batch_id == JOURNAL_ID:
            self.looks.apply(event)
        elif event["e"] == "created":
            self.batches[entry.batch_id] = Batch.create(entry.version, event)
        elif batch := self.batches.get(entry.batch_id):
            batch.apply(entry.version, event)


def _no_event(entry: Entry, error: Exception) -> StorageError:
    return StorageError(f"entry {entry.version} of {entry.batch_id} is no event ({type(error).__name__})")
