"""All batches and their journal. An event is applied at once; nobody is told before it is durable."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable

from actors.batches.batch import Batch
from actors.batches.events import BATCH_EVENTS, BatchEvent, Created, Deleted, Photos, Prefixes
from actors.batches.look_events import LOOK_EVENTS, LookEvent
from actors.batches.looks import JOURNAL_ID, Looks
from actors.batches.replay import Replay
from actors.batches.states import ENDED
from actors.messages.errors import BatchError, journal_behind, journal_stopped, journal_unavailable, no_such_batch
from actors.messages.records import BatchSpec
from storage.errors import NewerJournalError, StorageError
from storage.journal import Entry, Journal
from storage.position import Position

log = logging.getLogger(__name__)


class Ledger:
    """The batches of one epoch.

    `record` applies a decision in memory and hands it to the journal in one step, without an await in between, so no
    other task sees half of it. An answer is built first and sent after `durable()`, so a crash cannot take back what
    somebody was told. When the journal fails, `fail` must end this process: memory is ahead of the journal, and the
    next coordinator replays the journal.
    """

    def __init__(self, journal: Journal, fail: Callable[[StorageError], None]) -> None:
        begun = time.monotonic()
        self._journal = journal
        self._fail = fail
        self.epoch = journal.open()
        # See `Journal.trouble`; "damaged" when the journal could not be read.
        self.trouble: str | None = "behind" if journal.missing() else None
        self._damage: str | None = None
        self._next = 0
        self.batches: dict[str, Batch] = {}
        self.condemned: dict[str, Batch] = {}  # deleted, their blobs not yet removed
        self.open: dict[str, Batch] = {}  # those that have not ended, oldest first
        self._uploads: Counter[str] = Counter()  # how many batches use each
        self.looks = Looks()
        self._bells: dict[str, asyncio.Event] = {}
        self._commits: set[asyncio.Task[None]] = set()
        self._replay()
        known = {"epoch": self.epoch, "batches": len(self.batches), "open": len(self.open)}
        log.info("coordinator started", extra=known | {"seconds": round(time.monotonic() - begun, 3)})

    def _replay(self) -> None:
        replay = Replay()
        try:
            replay.read(self._journal.replay())
        except StorageError as error:  # no decision may rest on a part of the journal
            newer = isinstance(error, NewerJournalError)
            self.trouble, self._damage = "damaged", str(error) if newer else f"The journal cannot be read: {error}"
            log.critical("the journal is damaged: %s", error)
            return
        self.batches, self.looks = replay.batches, replay.looks
        self.looks.record = self._record_look
        self.condemned = {task_id: batch for task_id, batch in self.batches.items() if batch.deleted_at}
        for task_id in self.condemned:
            del self.batches[task_id]
        for batch in self.batches.values():
            self._uploads.update(batch.uploads())
        self.open = {task_id: batch for task_id, batch in self.batches.items() if batch.state not in ENDED}

    def get(self, task_id: str) -> Batch:
        """Return a batch; raises BatchError `not_found`."""
        batch = self.batches.get(task_id)
        if batch is None:  # it may exist in the newer journal
            raise self._refusal() if self.stopped else no_such_batch()
        return batch

    def create(self, spec: BatchSpec, contents: Iterable[Photos | Prefixes]) -> Batch:
        """Make a batch; its first events become durable together or not at all."""
        task_id, now = spec.task_id, time.time()
        created, rest = Created(spec, spec.traceparent), list(contents)
        entries = [self._entry(task_id, BATCH_EVENTS.write(event, now)) for event in (created, *rest)]
        batch = self.batches[task_id] = self.open[task_id] = Batch.create(entries[0].version, now, created)
        for entry, event in zip(entries[1:], rest, strict=True):
            batch.apply(entry.version, now, event)
        self._uploads.update(batch.uploads())
        self._commit(task_id, entries)
        return batch

    def record(self, batch: Batch, event: BatchEvent) -> None:
        """Apply an event and hand it to the journal, stamped with the time."""
        task_id, now = batch.spec.task_id, time.time()
        entry = self._entry(task_id, BATCH_EVENTS.write(event, now))
        batch.apply(entry.version, now, event)
        if batch.state in ENDED:
            self.open.pop(task_id, None)
        else:
            self.open[task_id] = batch
        self._commit(task_id, [entry])

    def _record_look(self, event: LookEvent) -> None:
        entry = self._entry(JOURNAL_ID, LOOK_EVENTS.write(event, time.time()))
        self.looks.apply(event)
        self._commit(JOURNAL_ID, [entry])

    def condemn(self, batch: Batch, late_s: float, *, withdrawn: bool = False) -> None:
        """Hide a batch for good, until `remove`; its workers may still store something for `late_s`."""
        task_id = batch.spec.task_id
        self.record(batch, Deleted(late_s, withdrawn))
        self.batches.pop(task_id)
        self.open.pop(task_id, None)
        self.condemned[task_id] = batch
        self._uploads.subtract(batch.uploads())
        self._uploads = +self._uploads

    def remove(self, batch: Batch) -> None:
        """Forget a condemned batch for good; the journal forgets it too."""
        self.condemned.pop(batch.spec.task_id)
        self._commit(batch.spec.task_id, None)

    async def confirm(self) -> None:
        """Return once it is confirmed that this epoch still owns the journal; otherwise this process ends here."""
        self._commit("", None)
        await self.durable()

    def busy(self) -> set[str]:
        """Return the workers that hold photos."""
        return set().union(*(batch.workers() for batch in self.open.values()))

    def wants_upload(self, upload_id: str) -> bool:
        """Say whether any batch uses an upload."""
        return upload_id in self._uploads

    async def check_journal(self) -> None:
        """Ask the journal for its state and keep the answer in `trouble`."""
        if self._damage:
            return
        before, self.trouble = self.trouble, await asyncio.to_thread(self._journal.trouble)
        if self.trouble == "behind" != before:
            log.critical("the journal is behind: %s", self.missing())

    @property
    def stopped(self) -> bool:
        """Whether all work is stopped: the journal came back older, or cannot be read."""
        return self.trouble in {"behind", "damaged"}

    def check(self) -> None:
        """Raise BatchError while all work is stopped: the known state may differ from what clients were told."""
        if self.stopped:
            raise self._refusal()

    def refuse(self) -> None:
        """Raise BatchError `journal_behind` or `journal_unavailable` while nothing can be recorded."""
        self.check()
        if self.trouble == "unavailable":
            raise journal_unavailable()

    def _refusal(self) -> BatchError:
        return journal_behind() if self.trouble == "behind" else journal_stopped()

    def missing(self) -> str | None:
        """Say what is wrong with the journal that stops all work, and what to do."""
        return self._damage or self._journal.missing()

    def position(self) -> Position | None:
        """See `Journal.position`."""
        return self._journal.position()

    @property
    def shortened(self) -> bool:
        """See `Journal.shortened`."""
        return self._journal.shortened

    async def durable(self, patience_s: float | None = None) -> None:
        """Return once everything recorded so far is durable.

        Raises BatchError `journal_unavailable` if that takes longer than `patience_s`; it becomes durable when the
        journal is back. Raises `journal_behind` if the journal came back older: then only if the newer journal comes
        back.
        """
        if self._commits:
            _, pending = await asyncio.wait(set(self._commits), timeout=patience_s)
            if pending:
                raise self._refusal() if self.stopped else journal_unavailable()

    async def changed(self, task_id: str, since: int, timeout_s: float, gather_s: float = 0.0) -> bool:
        """Wait until a batch has durably moved past a version; False after the time-out.

        It waits for `gather_s` at least, to tell of several changes at once, unless the batch ends.
        """
        begun = time.monotonic()
        while True:
            batch, waited = self.get(task_id), time.monotonic() - begun
            moved = batch.version > since
            if moved and (waited >= gather_s or batch.state in ENDED):
                return True
            bell = self._bells.setdefault(task_id, asyncio.Event())
            try:
                await asyncio.wait_for(bell.wait(), (gather_s if moved else timeout_s) - waited)
            except TimeoutError:
                if not moved:
                    return False

    def close(self) -> None:
        """Commit what is pending."""
        self._journal.close()

    def _entry(self, task_id: str, body: bytes) -> Entry:
        self._next += 1
        return Entry(task_id, (self.epoch << 32) + self._next, body)

    def _commit(self, task_id: str, entries: list[Entry] | None) -> None:
        task = asyncio.ensure_future(self._write(task_id, entries))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)

    async def _write(self, task_id: str, entries: list[Entry] | None) -> None:
        try:
            if entries is None:
                await self._journal.drop(task_id)
            else:
                await self._journal.append(entries)
        except StorageError as error:
            self._fail(error)
            return
        if bell := self._bells.pop(task_id, None):
            bell.set()
