"""One batch: what is known of it besides its photos, and `apply`, the only code that changes it."""

from dataclasses import replace
from heapq import heappop

from actors.batches import events
from actors.batches.listing import Listing
from actors.batches.moves import Moves
from actors.messages.records import BatchSpec, LeaseKey, Share
from actors.photos.adjustments import Before
from actors.photos.columns import PhotosAwayError, upload_ids
from actors.photos.compact_json import shared
from actors.photos.report import Report
from actors.photos.states import ENDED, OPEN_PHOTOS, BatchState, PhotoState
from presets.networks import uses_networks

Q, P, S, F, C = PhotoState
MAX_STRIKES = 2  # so many lone workers may a photo kill before it fails
BOOKKEEPING = (events.Swept, events.Called, events.Shared, events.Unshared)
WHILE_AWAY = (*BOOKKEEPING, events.Renamed, events.Deleted)  # for these its photos may be in the journal only
LONGEST_PAUSE_S = 7 * 86_400.0  # a batch that was paused for so long counts as ended


class Batch(Moves):
    """State of one batch, a fold over its events.

    Decisions (what to lease, whether a report counts) are made by callers and by the queries below; `apply` only
    carries them out, so that replaying the journal gives the same batch to the bit. While the photos are `away`, it
    takes bookkeeping, another name, and its removal.
    """

    __slots__ = (
        *("spec", "networks", "created_at", "started_at", "finished_at", "version", "recorded", "state"),
        *("paused_at", "shares", "name", "open", "consistency", "grown_at", "deleted_at", "withdrawn"),
        *("owes_call", "calls", "call_due", "listing"),
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
        self.shares: dict[str, Share] = {}  # by digest of the key
        self.name: str | None = None
        self.open = False  # more photos may be appended
        self.consistency: float | None = None  # how far the light of its photos is matched
        self.grown_at = created_at  # when photos came last
        self.deleted_at: float | None = None  # hidden since then; its blobs are being removed
        self.withdrawn = False  # its submit was refused: the client will name the same uploads again
        self.owes_call = False  # its callback_url must still be called
        self.calls = 0  # failed calls so far
        self.call_due = 0.0
        self.listing = Listing()

    # --- events ---------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, version: int, at: float, event: events.Created) -> "Batch":
        """Return the batch that its first event makes."""
        batch = cls(replace(event.spec, traceparent=event.traceparent), at)
        batch.name, batch.open, batch.consistency = event.name, bool(event.open), event.consistency
        batch.version = batch.recorded = version
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
            case events.Matched():
                self._match(version, event)
            case events.Photos():
                self._add(version, event.rows)
                self.grown_at = at
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
            if report.light is not None:
                self.matching.analysed(index, report.light)
                self._queue(index, version)
            elif report.error is None:
                self._succeed(report, version, at)
            elif (again := report.again) is not None:  # retryable, with tries left
                self.tries[index] += 1
                self._tell(report)
                self._queue(index, version, not_before=again)
            else:
                self._fail(report, version)
            self._stray(index, attempt, at, event.late)
            if self.photo_state[index] != Q:
                self.pace.ended(at, index)

    def _return(self, version: int, at: float, event: events.Returned) -> None:
        for index, attempt in reversed(event.attempts):
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
        self._fail(Report.of_strike(index, event.attempt[1], event.error), version)
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
                    self._give_up(index, version, C)
                if self.counts[C] or self.growing or not self.counts.total():  # else photos were adjusted, no more
                    self.state = BatchState.CANCELLED
                self.open = False
            case events.Retried():
                self._retry(version)
            case events.Adjusted():
                self._adjust(version, event)
            case events.Closed():
                self.open = False
                if not self.counts.total() and not self.listing.prefixes:  # nothing that could complete or fail
                    self.state = BatchState.CANCELLED
            case events.Renamed():
                self.name = event.name
            case events.Deleted():
                self.deleted_at = at
                self.withdrawn = event.withdrawn
                self._leave_in_flight(at, event.late)

    def _retry(self, version: int) -> None:
        for index in reversed(self._indices({F, C})):
            self._begin_anew(index, version)
        self.listing.reopen()
        self._reopen()

    def _adjust(self, version: int, event: events.Adjusted) -> None:
        index, outcome = event.index, self.outcome[event.index]
        if self.photo_state[index] in OPEN_PHOTOS:
            return
        kept = outcome if self.photo_state[index] == S else None
        before = Before(self.photos[index].params, self.told[index], kept) if kept else None
        self.adjustments.begin(index, before)
        self.photos.override(index, event.params)
        self._begin_anew(index, version)
        if self.state in ENDED:
            self._reopen()

    def _reopen(self) -> None:
        self.paused_at = self.finished_at = None
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
                self.shares[event.share_id] = Share(event.until, event.title, event.sender, event.originals)
            case events.Unshared():
                self.shares.pop(event.share_id, None)

    def put_away(self) -> None:
        """Drop the photos: the journal has them. The batch must have ended."""
        super().put_away()
        preset, output = (shared(one) for one in (self.spec.preset, self.spec.output))
        self.spec = replace(self.spec, preset=preset, output=output)

    # --- queries --------------------------------------------------------------------------------------------------

    @property
    def paused(self) -> bool:
        """Whether it is paused: no more photos are begun."""
        return self.paused_at is not None

    @property
    def expanding(self) -> bool:
        """Whether a prefix is still being listed."""
        return self.state != BatchState.CANCELLED and self.listing.current is not None

    @property
    def growing(self) -> bool:
        """Whether photos may still come."""
        return self.open or self.expanding

    @property
    def awaits_match(self) -> bool:
        """Whether all its photos that go on are analysed, and no more can come."""
        return bool(self.matching.waiting) and not self.growing and self.remaining() == len(self.matching.waiting)

    def analyses(self, index: int) -> bool:
        """Whether a photo is to be analysed before it is computed."""
        return self.consistency is not None and self.matching.lacks_light(index)

    def expires_at(self, ttl_s: float) -> float | None:
        """Unix time at which it is removed; None while it has not ended."""
        if self.finished_at is not None:
            return self.finished_at + ttl_s
        return None if self.paused_at is None else self.paused_at + LONGEST_PAUSE_S + ttl_s

    def leasable(self, now: float) -> bool:
        """Say whether a worker could get a photo of this batch now."""
        while self._later and self._later[0][0] <= now:
            index = heappop(self._later)[1]
            waits_otherwise = index in self.suspects or index in self.matching.waiting  # it may have come to that since
            if self.photo_state[index] == Q and not waits_otherwise:
                self.ready[index] = None
        return not self.paused and self.state not in ENDED and bool(self.ready or self.suspects)

    def uploads(self) -> set[str]:
        """Return the ids of the uploads that its photos and masks name."""
        usual = self.spec.params_of(None).get("mask")  # once: this runs while a client waits for 100,000 photos
        return self.named(usual) | upload_ids(iter(self.listing.masks(usual)))

    def remaining(self) -> int:
        """How many photos have not ended."""
        return self.counts[Q] + self.counts[P]

    def held_by(self, worker_id: str) -> list[LeaseKey]:
        """List the leases that a worker holds."""
        task = self.spec.task_id
        return [LeaseKey(task, index, self.attempt[index]) for index, who in self.holder.items() if who == worker_id]

    # --- state ----------------------------------------------------------------------------------------------------

    def _settle(self, now: float) -> None:
        """Derive the batch's state from its photos."""
        filled = self.counts.total() or self.listing.prefixes or self.state == BatchState.CANCELLED
        if self.remaining() == 0 and not self.growing and filled:
            if self.state != BatchState.CANCELLED:
                self.state = BatchState.COMPLETED if self.counts[S] else BatchState.FAILED
            if self.finished_at is None:
                self.finished_at = self.call_due = now
                self.owes_call, self.calls = self.spec.callback_url is not None, 0
        elif self.paused:
            self.state = BatchState.PAUSED
        else:
            self.state = BatchState.PROCESSING if self.started_at else BatchState.QUEUED
