"""One batch: what is known of it besides its photos, and `apply`, the only code that changes it."""

from collections import Counter
from dataclasses import replace
from heapq import heappop, heappush

from actors.batches import events
from actors.batches.columns import Columns, PhotosAwayError, upload_ids
from actors.batches.compact_json import compact_json, shared
from actors.batches.listing import Listing
from actors.batches.report import Report
from actors.batches.states import ENDED, OPEN_PHOTOS, BatchState, PhotoState
from actors.messages.records import BatchSpec, LeaseKey
from presets.networks import uses_networks

Q, P, S, F, C = PhotoState
MAX_STRIKES = 2  # so many lone workers may a photo kill before it fails
BOOKKEEPING = (events.Swept, events.Called, events.Shared, events.Unshared)
WHILE_AWAY = (*BOOKKEEPING, events.Deleted)  # what a batch takes while its photos are in the journal only
LONGEST_PAUSE_S = 7 * 86_400.0  # a batch that was paused for so long counts as ended


class Batch(Columns):
    """State of one batch, a fold over its events.

    Decisions (what to lease, whether a report counts) are made by callers and by the queries below; `apply` only
    carries them out, so that replaying the journal gives the same batch to the bit. While the photos are `away`, it
    takes bookkeeping and its removal.
    """

    __slots__ = (
        *(
            "spec",
            "networks",
            "created_at",
            "started_at",
            "finished_at",
            "version",
            "recorded",
            "state",
            "paused_at",
            "shares",
        ),
        *("deleted_at", "withdrawn", "owes_call", "calls", "call_due", "strays", "counts", "listing"),
    )

    def __init__(self, spec: BatchSpec, created_at: float) -> None:
        super().__init__()
        self.spec = spec
        self.networks = uses_networks(spec.preset)  # a GPU pays
        self.created_at = created_at
        self.started_at: float | None = None
        self.finished_at: float | None = None
        self.version = 0  # of the last change that a client sees
        self.recorded = 0  # of the last event
        self.state = BatchState.QUEUED
        self.paused_at: float | None = None
        self.shares: dict[str, float] = {}  # unix time of expiry by digest of the key
        self.deleted_at: float | None = None  # hidden since then; its blobs are being removed
        self.withdrawn = False  # its submit was refused: the client will name the same uploads again
        self.owes_call = False  # its callback_url must still be called
        self.calls = 0  # failed calls so far
        self.call_due = 0.0
        self.strays: dict[tuple[int, int], float] = {}  # when to sweep what (index, attempt) may leave
        self.counts: Counter[PhotoState] = Counter()
        self.listing = Listing()

    # --- events ---------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, version: int, at: float, event: events.Created) -> "Batch":
        """Return the batch that its first event makes."""
        batch = cls(replace(event.spec, traceparent=event.traceparent), at)
        batch.version = batch.recorded = version
        return batch

    @classmethod
    def archived(cls, version: int, event: events.Archived) -> "Batch":
        """Return the batch, without its photos, that a snapshot describes."""
        batch = cls(event.spec, event.created_at)
        batch.put_away()
        batch.version, batch.recorded, batch.state = event.version, version, BatchState(event.state)
        batch.started_at, batch.finished_at, batch.paused_at = event.started_at, event.finished_at, event.paused_at
        batch.owes_call, batch.calls, batch.call_due = event.owes_call, event.calls, event.call_due
        batch.counts.update(dict(zip(PhotoState, event.counts, strict=True)))
        batch.shares.update(event.shares)
        batch.strays.update({(index, attempt): due for index, attempt, due in event.strays})
        batch.listing = Listing.of(event.prefixes, truncated=event.truncated)
        return batch

    def apply(self, version: int, at: float, event: events.BatchEvent) -> None:
        """Carry out one event, which was recorded `at` a unix time.

        Events of photos that have moved on since are no-ops, never errors. Raises PhotosAwayError for an event that
        needs the photos while they are away.
        """
        if self.away and not isinstance(event, WHILE_AWAY):
            raise PhotosAwayError(f"{event.kind} needs the photos of {self.spec.task_id}")
        match event:
            case events.Leased():
                self._lease(version, at, event)
            case events.Reported():
                self._report(version, at, event)
            case events.Returned():
                self._return(version, at, event)
            case events.Struck():
                self._strike(version, at, event)
            case events.Photos():
                self._add(version, event.rows)
            case events.Prefixes():
                self.listing.add(event)
            case events.Listed():
                self._add(version, event.rows)
                self.listing.advance(event)
            case events.Swept() | events.Called() | events.Shared() | events.Unshared():
                self._note(event)
            case _:
                self._steer(version, at, event)
        self.recorded = version
        if not isinstance(event, BOOKKEEPING):
            self.version = version
        self._settle(at)

    def _add(self, version: int, rows: events.PhotoRows) -> None:
        self.append(rows, version)
        self.counts[Q] += len(rows)

    def _lease(self, version: int, at: float, event: events.Leased) -> None:
        self.started_at = self.started_at or at
        self.pace.began(at, (index for index, _ in event.attempts))
        for index, attempt in event.attempts:
            self._move(index, P, version)
            self.attempt[index] = attempt
            self.holder[index] = event.worker
            if event.alone:
                self.alone.add(index)

    def _report(self, version: int, at: float, event: events.Reported) -> None:
        for report in event.reports:
            index, attempt = report.index, report.attempt
            if not self._held(index, attempt):
                continue
            self._tell(report)
            if report.error is None:
                self._move(index, S, version)
            elif (again := report.again) is not None:  # retryable, with tries left
                self.tries[index] += 1
                self._queue(index, version, not_before=again)
            else:
                self._move(index, F, version)
            self._stray(index, attempt, at, event.late)
            if self.photo_state[index] != Q:
                self.pace.ended(at, index)

    def _return(self, version: int, at: float, event: events.Returned) -> None:
        for index, attempt in event.attempts:
            if self._held(index, attempt):
                self._queue(index, version)
                self._stray(index, attempt, at, event.late)

    def _strike(self, version: int, at: float, event: events.Struck) -> None:
        index, attempt = event.attempt
        if not self._held(index, attempt):
            return
        self._stray(index, attempt, at, event.late)
        if index in self.alone:
            self.strikes[index] += 1
        if self.strikes[index] < MAX_STRIKES:
            self._queue(index, version, suspect=True)
            return
        self._tell(Report.of_strike(index, attempt, event.error))
        self._move(index, F, version)
        self.pace.ended(at, index)

    def _steer(self, version: int, at: float, event: events.Control) -> None:
        match event:
            case events.Paused():
                self.paused_at = at
            case events.Resumed():
                self.paused_at = None
                self.pace.interrupted(self.holder)
            case events.Cancelled():
                self.paused_at = None
                self._leave_in_flight(at, event.late)
                for index in self._indices(OPEN_PHOTOS):
                    self._move(index, C, version)
                self.state = BatchState.CANCELLED
            case events.Retried():
                self._retry(version)
            case events.Deleted():
                self.deleted_at = at
                self.withdrawn = event.withdrawn
                self._leave_in_flight(at, event.late)

    def _retry(self, version: int) -> None:
        self.paused_at = None
        for index in self._indices({F, C}):
            self.tries[index] = self.strikes[index] = 0
            self.outcome[index] = None
            self.told[index] = 0
            self._queue(index, version)
        self.listing.reopen()
        self.finished_at = None
        self.owes_call = False
        self.state = BatchState.PROCESSING
        self.pace.interrupted()

    def _note(self, event: events.Bookkeeping) -> None:
        match event:
            case events.Swept():
                for index, attempt in event.attempts:
                    self.strays.pop((index, attempt), None)
            case events.Called():
                if event.end == self.finished_at:  # else a retry has undone that end
                    self.calls += 1
                    self.owes_call = event.again is not None
                    self.call_due = event.again or 0.0
            case events.Shared():
                self.shares[event.share_id] = event.until
            case events.Unshared():
                self.shares.pop(event.share_id, None)

    def put_away(self) -> None:
        """Drop the photos: the journal has them. The batch must have ended."""
        super().put_away()
        preset, output = (shared(one) for one in (self.spec.preset, self.spec.output))
        self.spec = replace(self.spec, preset=preset, output=output)

    # --- queries --------------------------------------------------------------------------------------------------

    def holds(self, key: LeaseKey) -> bool:
        """Say whether this attempt is the one that may report now."""
        return self._held(key.index, key.attempt)

    @property
    def paused(self) -> bool:
        """Whether it is paused: no more photos are begun."""
        return self.paused_at is not None

    @property
    def expanding(self) -> bool:
        """Whether photos may still be added."""
        return self.state != BatchState.CANCELLED and self.listing.current is not None

    def expires_at(self, ttl_s: float) -> float | None:
        """Unix time at which it is removed; None while it has not ended."""
        if self.finished_at is not None:
            return self.finished_at + ttl_s
        return None if self.paused_at is None else self.paused_at + LONGEST_PAUSE_S + ttl_s

    def leasable(self, now: float) -> bool:
        """Say whether a worker could get a photo of this batch now."""
        while self._later and self._later[0][0] <= now:
            index = heappop(self._later)[1]
            if self.photo_state[index] == Q and index not in self.suspects:  # it may have become one since
                self.ready[index] = None
        return not self.paused and self.state not in ENDED and bool(self.ready or self.suspects)

    def uploads(self) -> set[str]:
        """Return the ids of the uploads that its photos and masks name."""
        usual = self.spec.params_of(None).get("mask")  # once: this runs while a client waits for 100,000 photos
        return self.named(usual) | upload_ids(iter(self.listing.masks(usual)))

    def summary(self, uploads: str) -> events.Archived:
        """Return what stands for all events of a batch that has ended; `uploads` are the packed keys of `uploads()`."""
        return events.Archived(
            spec=self.spec,
            version=self.version,
            created_at=self.created_at,
            started_at=self.started_at,
            finished_at=self.finished_at,
            state=self.state.value,
            paused_at=self.paused_at,
            counts=[self.counts[state] for state in PhotoState],
            shares=self.shares,
            strays=[(index, attempt, due) for (index, attempt), due in self.strays.items()],
            owes_call=self.owes_call,
            calls=self.calls,
            call_due=self.call_due,
            prefixes=self.listing.rows(),
            truncated=self.listing.truncated,
            uploads=uploads,
        )

    def remaining(self) -> int:
        """How many photos have not ended."""
        return self.counts[Q] + self.counts[P]

    def held_by(self, worker_id: str) -> list[LeaseKey]:
        """List the leases that a worker holds."""
        task = self.spec.task_id
        return [LeaseKey(task, index, self.attempt[index]) for index, who in self.holder.items() if who == worker_id]

    # --- moves ----------------------------------------------------------------------------------------------------

    def _held(self, index: int, attempt: int) -> bool:
        return index < len(self.photo_state) and self.photo_state[index] == P and self.attempt[index] == attempt

    def _indices(self, states: frozenset[PhotoState] | set[PhotoState]) -> list[int]:
        return [index for index, state in enumerate(self.photo_state) if state in states]

    def _leave_in_flight(self, at: float, late: float | None) -> None:
        """Leases are taken from living workers: each cleans up after itself, unless it dies before it has."""
        for index in self.holder:
            self._stray(index, self.attempt[index], at, late)

    def _stray(self, index: int, attempt: int, at: float, late: float | None) -> None:
        """Note an attempt whose worker may store something yet, or has: `late` seconds from then it is swept."""
        if late is not None:
            self.strays[index, attempt] = at + late

    def _tell(self, report: Report) -> None:
        self.outcome[report.index] = compact_json(report.row)
        self.told[report.index] = report.attempt

    def _move(self, index: int, state: PhotoState, version: int) -> None:
        before = PhotoState(self.photo_state[index])
        self.counts[before] -= 1
        self.counts[state] += 1
        self.photo_state[index] = state
        self.changed[index] = version
        self.holder.pop(index, None)
        self.alone.discard(index)
        self.ready.pop(index, None)
        self.suspects.pop(index, None)

    def _queue(self, index: int, version: int, *, suspect: bool = False, not_before: float = 0.0) -> None:
        self._move(index, Q, version)
        if suspect or self.strikes[index]:
            self.suspects[index] = None
        elif not_before:
            heappush(self._later, (not_before, index))
        else:
            self.ready[index] = None
            self.ready.move_to_end(index, last=False)  # it had its turn already: it goes first

    def _settle(self, now: float) -> None:
        """Derive the batch's state from its photos."""
        if self.remaining() == 0 and not self.expanding and (self.counts.total() or self.listing.prefixes):
            if self.state != BatchState.CANCELLED:
                self.state = BatchState.COMPLETED if self.counts[S] else BatchState.FAILED
            if self.finished_at is None:
                self.finished_at = self.call_due = now
                self.owes_call, self.calls = self.spec.callback_url is not None, 0
        elif self.paused:
            self.state = BatchState.PAUSED
        else:
            self.state = BatchState.PROCESSING if self.started_at else BatchState.QUEUED
