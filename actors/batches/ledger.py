"""All batches and their journal. An event is applied at once; nobody is told before it is durable."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from actors.batches.archive import Archive
from actors.batches.batch import Batch
from actors.batches.events import BATCH_EVENTS, Adjusted, Archived, BatchEvent, Created, Deleted, Photos, Prefixes
from actors.batches.hash_index import HashIndex, key_of, keys_of, packed, unpacked
from actors.batches.look_events import LOOK_EVENTS, LookEvent
from actors.batches.looks import JOURNAL_ID, Looks
from actors.batches.replay import Replay
from actors.batches.snapshot import summary
from actors.messages.errors import BatchError, journal_behind, journal_stopped, journal_unavailable, no_such_batch
from actors.messages.records import BatchSpec, LeaseKey
from actors.photos.columns import uploads_named
from actors.photos.states import ENDED
from storage.errors import NewerJournalError, StorageError
from storage.journal import Entry, Journal
from storage.position import Position

log = logging.getLogger(__name__)

AT_ONCE = 100  # snapshots that share commits


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
        self.recent: dict[str, Batch] = {}  # ended, their photos still in memory
        self.archive = Archive(journal)  # the others
        self._uploads: HashIndex[str] = HashIndex()  # which batches use each
        self._closed = False
        self._unwritten: list[tuple[Batch, str]] = []  # away since the replay, without a snapshot; their uploads
        self.looks = Looks()
        self._bells: dict[str, asyncio.Event] = {}
        self._commits: set[asyncio.Task[None]] = set()
        self._replay()
        known = {"epoch": self.epoch, "batches": len(self.batches), "open": len(self.open)}
        log.info("coordinator started", extra=known | {"seconds": round(time.monotonic() - begun, 3)})

    def _replay(self) -> None:
        replay = Replay(self._replayed)
        try:
            replay.read(self._journal.replay())
            for task_id in replay.outdated:
                again = Replay(self._replayed)
                again.read(self._journal.read(task_id))
                replay.batches |= again.batches
        except StorageError as error:  # no decision may rest on a part of the journal
            newer = isinstance(error, NewerJournalError)
            self.trouble, self._damage = "damaged", str(error) if newer else f"The journal cannot be read: {error}"
            log.critical("the journal is damaged: %s", error)
            self.archive, self._uploads, self._unwritten = Archive(self._journal), HashIndex(), []
            return
        self.batches, self.looks = replay.batches, replay.looks
        self.looks.record = self._record_look
        self.condemned = {task_id: batch for task_id, batch in self.batches.items() if batch.deleted_at}
        for task_id in self.condemned:
            del self.batches[task_id]
        self.open = {task_id: batch for task_id, batch in self.batches.items() if batch.state not in ENDED}

    def _replayed(self, batch: Batch, snapshot: Archived | None) -> None:
        """Take in a batch that was replayed; if it has ended, its photos leave memory at once."""
        task_id = batch.spec.task_id
        if batch.deleted_at:
            return
        keys = unpacked(snapshot.uploads) if snapshot else keys_of(batch.uploads())
        self._uploads.add(task_id, keys)
        if batch.state in ENDED:
            if not batch.away:
                self._unwritten.append((batch, packed(keys)))
                batch.put_away()
            self.archive.add(batch)

    def get(self, task_id: str) -> Batch:
        """Return a batch, whose photos may be away; raises BatchError `not_found`."""
        batch = self.batches.get(task_id)
        if batch is None:  # it may exist in the newer journal
            raise self._refusal() if self.stopped else no_such_batch()
        return batch

    async def whole(self, task_id: str, patience_s: float | None = None) -> Batch:
        """Return a batch with its photos, for reading only; raises BatchError `not_found`, `journal_unavailable`."""
        try:
            if self.get(task_id).away:  # they are read from the journal, which must have all that was recorded
                await self.durable(patience_s)
            whole = await self.archive.whole(self.get(task_id), patience_s)
        except BatchError:
            self.get(task_id)  # it may have been removed meanwhile
            self.check()
            raise
        self.get(task_id)
        return whole

    async def accepted(self, key: LeaseKey) -> bool:
        """Say whether an attempt has already reported; True if that cannot be known."""
        try:
            return (await self.whole(key.task_id)).accepted(key)
        except BatchError as error:
            return error.code != "not_found"

    async def uploads_of(self, batch: Batch) -> set[str]:
        """Return the ids of the uploads that a batch names, also a condemned one; raises BatchError."""
        return (await self.archive.whole(batch)).uploads()

    async def restore(self, batch: Batch, patience_s: float | None = None) -> None:
        """Have the photos of a batch in memory, as a retry needs them; raises BatchError like `whole`."""
        task_id = batch.spec.task_id
        twin = await self.whole(task_id, patience_s)
        if batch.away:
            self.archive.forget(batch)
            batch.take_back(twin)
            self.recent[task_id] = batch

    async def put_away(self, ended_before: float) -> None:
        """Let the photos of batches that ended before a unix time leave memory, once snapshots are durable."""
        while self._unwritten:
            some, self._unwritten = self._unwritten[:AT_ONCE], self._unwritten[AT_ONCE:]
            there = [each for each in some if each[0].away and self.batches.get(each[0].spec.task_id) is each[0]]
            await asyncio.gather(*(self._keep(*each) for each in there))
        due = [one for one in self.recent.values() if one.finished_at and one.finished_at <= ended_before]
        for first in range(0, len(due), AT_ONCE):
            await asyncio.gather(*map(self._put_away, due[first : first + AT_ONCE]))

    async def _put_away(self, batch: Batch) -> None:
        version = batch.version
        uploads = await asyncio.to_thread(lambda: packed(keys_of(batch.uploads())))  # ten thousand take 40 ms
        if self._stays(batch, version):
            await self._keep(batch, uploads)
        if self._stays(batch, version) and not self._closed:
            del self.recent[batch.spec.task_id]
            batch.put_away()
            self.archive.add(batch)

    def _stays(self, batch: Batch, version: int) -> bool:
        """Whether a batch has been neither retried nor removed since this version."""
        return self.recent.get(batch.spec.task_id) is batch and batch.version == version

    def create(self, spec: BatchSpec, contents: Iterable[Photos | Prefixes]) -> Batch:
        """Make a batch; its first events become durable together or not at all."""
        task_id, now = spec.task_id, time.time()
        created, rest = Created.of(spec), list(contents)
        entries = [self._entry(task_id, BATCH_EVENTS.write(event, now)) for event in (created, *rest)]
        batch = self.batches[task_id] = self.open[task_id] = Batch.create(entries[0].version, now, created)
        for entry, event in zip(entries[1:], rest, strict=True):
            batch.apply(entry.version, now, event)
        self._uploads.add(task_id, keys_of(batch.uploads()))
        self._commit(task_id, entries)
        return batch

    def record(self, batch: Batch, event: BatchEvent) -> None:
        """Apply an event and hand it to the journal, stamped with the time."""
        task_id, now = batch.spec.task_id, time.time()
        entry = self._entry(task_id, BATCH_EVENTS.write(event, now))
        batch.apply(entry.version, now, event)
        if named := _uploads_named(batch, event):
            self._uploads.add(task_id, keys_of(named))
        if batch.state not in ENDED:
            self.open[task_id] = batch
            self.recent.pop(task_id, None)
        elif not batch.away:
            self.open.pop(task_id, None)
            self.recent[task_id] = batch
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
        self.recent.pop(task_id, None)
        if batch.away:
            self.archive.forget(batch)
        self.condemned[task_id] = batch
        self._uploads.drop(task_id)

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
        return any(self._uploads.find(key_of(upload_id)))

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
        self._closed = True
        self.archive.close()
        self._journal.close()

    def _entry(self, task_id: str, body: bytes) -> Entry:
        self._next += 1
        return Entry(task_id, (self.epoch << 32) + self._next, body)

    def _commit(self, task_id: str, entries: list[Entry] | None) -> None:
        task = asyncio.ensure_future(self._write(task_id, entries))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)

    def _keep(self, batch: Batch, uploads: str) -> asyncio.Future[None]:
        """Write the snapshot of a batch as it is now, behind all that was recorded of it and before all that will be.

        In a task, as `_commit`: tasks begin in the order in which they were made.
        """
        body = BATCH_EVENTS.write(summary(batch, uploads), time.time())
        return asyncio.ensure_future(self._write_snapshot(Entry(batch.spec.task_id, batch.recorded, body)))

    async def _write_snapshot(self, snapshot: Entry) -> None:
        if self._closed:  # no snapshot is needed
            return
        try:
            await self._journal.snapshot(snapshot)
        except StorageError as error:
            self._fail(error)

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


def _uploads_named(batch: Batch, event: BatchEvent) -> set[str]:
    """Return the uploads that an event brings to a batch which is there."""
    usual = batch.spec.params_of(None).get("mask")
    match event:
        case Photos():
            return uploads_named(((source, params) for source, _, params in event.rows), usual)
        case Prefixes():
            return uploads_named(((None, params) for _, params in event.rows), usual)
        case Adjusted():
            return uploads_named([(None, event.params)], usual)
        case _:
            return set()
