"""One batch: its photos in columns, and `apply`, the only code that changes it."""

import json
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush
from itertools import chain

import numpy as np

from actors.batches import events
from actors.batches.compact_json import compact_json
from actors.batches.eta import Pace
from actors.batches.listing import Listing
from actors.batches.photo_column import PhotoColumn
from actors.batches.report import Report
from actors.batches.states import ENDED, OPEN_PHOTOS, BatchState, PhotoState
from actors.messages.records import BatchSpec, LeaseKey
from presets.networks import uses_networks

Q, P, S, F, C = PhotoState
MAX_STRIKES = 2  # so many lone workers may a photo kill before it fails
BOOKKEEPING = (events.Swept, events.Called, events.Shared, events.Unshared)
LONGEST_PAUSE_S = 7 * 86_400.0  # a batch that was paused for so long counts as ended


class Batch:
    """State of one batch, a fold over its events.

    Decisions (what to lease, whether a report counts) are made by callers and by the queries below; `apply` only
    carries them out, so that replaying the journal gives the same batch to the bit.
    """

    def __init__(self, spec: BatchSpec, created_at: float) -> None:
        self.spec = spec
        self.networks = uses_networks(spec.preset)  # a GPU pays
        self.created_at = created_at
        self.started_at: float | None = None
        self.finished_at: float | None = None
        self.version = 0
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
        self.pace = Pace()
        self.photos = PhotoColumn()
        self.listing = Listing()
        self.photo_state = bytearray()
        self.attempt: list[int] = []
        self.tries = bytearray()
        self.strikes = bytearray()
        self.changed = np.zeros(0, np.uint64)  # version of each photo's last change
        self.outcome: list[bytes | None] = []  # the last report of each photo, as JSON: a third of the memory of dicts
        self.told: list[int] = []  # the attempt of that report, 0: none yet
        self.holder: dict[int, str] = {}  # worker of each photo in PROCESSING
        self.alone: set[int] = set()  # those in PROCESSING that are computed alone
        self.ready: OrderedDict[int, None] = OrderedDict()  # queued and due, in order
        self.suspects: OrderedDict[int, None] = OrderedDict()  # queued, must be computed alone
        self._later: list[tuple[float, int]] = []  # queued, not before a time

    # --- events ---------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, version: int, at: float, event: events.Created) -> "Batch":
        """Return the batch that its first event makes."""
        batch = cls(replace(event.spec, traceparent=event.traceparent), at)
        batch.version = version
        return batch

    def apply(self, version: int, at: float, event: events.BatchEvent) -> None:
        """Carry out one event, which was recorded `at` a unix time.

        Events of photos that have moved on since are no-ops, never errors.
        """
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
        if not isinstance(event, BOOKKEEPING):
            self.version = version
        self._settle(at)

    def _add(self, version: int, rows: events.PhotoRows) -> None:
        first = len(self.photos)
        self.photos.extend(rows)
        self.outcome += [None] * len(rows)
        self.photo_state += bytes(len(rows))
        self.attempt += [0] * len(rows)
        self.told += [0] * len(rows)
        self.tries += bytes(len(rows))
        self.strikes += bytes(len(rows))
        self.changed = np.concatenate([self.changed, np.full(len(rows), version, np.uint64)])
        self.counts[Q] += len(rows)
        self.ready.update(dict.fromkeys(range(first, len(self.photos))))

    def _lease(self, version: int, at: float, event: events.Leased) -> None:
        self.started_at = self.started_at or at
        self.pace.began(at)
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
                self.pace.ended(at)

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
        self.pace.ended(at)

    def _steer(self, version: int, at: float, event: events.Control) -> None:
        match event:
            case events.Paused():
                self.paused_at = at
            case events.Resumed():
                self.paused_at = None
                self.pace.interrupted()
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

    # --- queries --------------------------------------------------------------------------------------------------

    def holds(self, key: LeaseKey) -> bool:
        """Say whether this attempt is the one that may report now."""
        return self._held(key.index, key.attempt)

    def accepted(self, key: LeaseKey) -> bool:
        """Say whether this attempt has already reported: a repeated report gets the same answer."""
        return key.index < len(self.photos) and self.attempt[key.index] == self.told[key.index] == key.attempt

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

    def next_due(self) -> float | None:
        """Unix time at which a photo that waits for its retry is due; None when none waits."""
        return self._later[0][0] if self._later else None

    def leasable(self, now: float) -> bool:
        """Say whether a worker could get a photo of this batch now."""
        while self._later and self._later[0][0] <= now:
            index = heappop(self._later)[1]
            if self.photo_state[index] == Q and index not in self.suspects:  # it may have become one since
                self.ready[index] = None
        return not self.paused and self.state not in ENDED and bool(self.ready or self.suspects)

    def pick(self, count: int) -> list[int]:
        """Return the next photos that may be computed beside others; changes nothing."""
        return [index for index, _ in zip(self.ready, range(count), strict=False)]

    def uploads(self) -> set[str]:
        """Return the ids of the uploads that its photos and masks name."""
        usual = self.spec.params_of(None).get("mask")  # once: this runs while a client waits for 100,000 photos
        named = ((photo.source, photo.params.get("mask", usual) if photo.params else usual) for photo in self.photos)
        all_named = chain(chain.from_iterable(named), self.listing.masks(usual))
        parts = (source.partition(":") for source in all_named if source)
        return {upload_id for scheme, _, upload_id in parts if scheme == "upload"}

    def remaining(self) -> int:
        """How many photos have not ended."""
        return self.counts[Q] + self.counts[P]

    def workers(self) -> set[str]:
        """The ids of the workers that hold its photos."""
        return set(self.holder.values())

    def held_by(self, worker_id: str) -> list[LeaseKey]:
        """List the leases that a worker holds."""
        task = self.spec.task_id
        return [LeaseKey(task, index, self.attempt[index]) for index, who in self.holder.items() if who == worker_id]

    def report(self, index: int) -> Report | None:
        """Return the last report of a photo, None when there is none."""
        said = self.outcome[index]
        return Report(json.loads(said)) if said else None

    def changed_since(self, version: int) -> Iterator[int]:
        """Yield the photos that changed after a version, in their order."""
        yield from np.flatnonzero(self.changed > version).tolist()

    def indices(self, state: PhotoState | None, start: int) -> Iterator[int]:
        """Yield the photos from `start` on, of one state or of any."""
        for index in range(start, len(self.photos)):
            if state is None or self.photo_state[index] == state:
                yield index

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
        if self.remaining() == 0 and not self.expanding and (self.photos or self.listing.prefixes):
            if self.state != BatchState.CANCELLED:
                self.state = BatchState.COMPLETED if self.counts[S] else BatchState.FAILED
            if self.finished_at is None:
                self.finished_at = self.call_due = now
                self.owes_call, self.calls = self.spec.callback_url is not None, 0
        elif self.paused:
            self.state = BatchState.PAUSED
        else:
            self.state = BatchState.PROCESSING if self.started_at else BatchState.QUEUED
