"""One batch: its photos in columns, and `apply`, the only code that changes it."""

import json
from collections import Counter, OrderedDict
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import chain

import numpy as np

from actors.batches.eta import Pace
from actors.batches.listing import Listing
from actors.batches.photo_column import PhotoColumn
from actors.batches.states import ENDED, OPEN_PHOTOS, BatchState, PhotoState
from actors.messages.errors import later_version
from actors.messages.records import BatchSpec, Json, LeaseKey

Q, P, S, F, C = PhotoState
MAX_STRIKES = 2  # a photo fails after it has killed this many workers that held nothing else
BOOKKEEPING = frozenset({"swept", "called", "shared", "unshared"})  # events that change nothing visible
LONGEST_PAUSE_S = 7 * 86_400.0  # a batch that is paused for longer counts as ended


class Batch:
    """State of one batch, a fold over its events.

    The event is a dict with `e` (its kind), `t` (unix seconds) and what that kind needs; it is what the journal keeps.
    An event that takes leases away says in `late` for how many more seconds their workers may store something.
    Callers and the queries below decide (what to lease, whether a report counts). `apply` only carries decisions out,
    so that replaying the journal gives exactly the same batch.
    """

    def __init__(self, spec: BatchSpec, created_at: float) -> None:
        self.spec = spec
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
    def create(cls, version: int, event: Json) -> "Batch":
        """Return the batch that a `created` event describes."""
        batch = cls(BatchSpec(**event["spec"]), event["t"])
        batch.version = version
        return batch

    def apply(self, version: int, event: Json) -> None:
        """Carry one event out. Events of photos that have moved on since are no-ops, never errors."""
        carry_out = getattr(self, f"_on_{event['e']}", None)
        if carry_out is None:
            raise later_version(event["e"])
        carry_out(version, event)
        if event["e"] not in BOOKKEEPING:
            self.version = version
        self._settle(event["t"])

    def _on_photos(self, version: int, event: Json) -> None:
        first = len(self.photos)
        added = event["p"]
        self.photos.extend(added)
        self.outcome += [None] * len(added)
        self.photo_state += bytes(len(added))
        self.attempt += [0] * len(added)
        self.told += [0] * len(added)
        self.tries += bytes(len(added))
        self.strikes += bytes(len(added))
        self.changed = np.concatenate([self.changed, np.full(len(added), version, np.uint64)])
        self.counts[Q] += len(added)
        self.ready.update(dict.fromkeys(range(first, len(self.photos))))

    def _on_prefixes(self, version: int, event: Json) -> None:
        self.listing.add(event)

    def _on_listed(self, version: int, event: Json) -> None:
        self._on_photos(version, event)
        self.listing.advance(event)

    def _on_leased(self, version: int, event: Json) -> None:
        self.started_at = self.started_at or event["t"]
        self.pace.began(event["t"])
        for index, attempt in event["p"]:
            self._move(index, P, version)
            self.attempt[index] = attempt
            self.holder[index] = event["w"]
            if event["alone"]:
                self.alone.add(index)

    def _on_reported(self, version: int, event: Json) -> None:
        for row in event["p"]:
            index = row["i"]
            if not self.holds(LeaseKey(self.spec.task_id, index, row["a"])):
                continue
            self._tell(index, row)
            if row["error"] is None:
                self._move(index, S, version)
            elif "again" in row:  # retryable, with tries left; not before `again`
                self.tries[index] += 1
                self._queue(index, version, not_before=row["again"])
            else:
                self._move(index, F, version)
            self._stray(index, row["a"], event)
            if self.photo_state[index] != Q:
                self.pace.ended(event["t"])

    def _on_returned(self, version: int, event: Json) -> None:
        for index, attempt in event["p"]:
            if self.holds(LeaseKey(self.spec.task_id, index, attempt)):
                self._queue(index, version)
                self._stray(index, attempt, event)

    def _on_struck(self, version: int, event: Json) -> None:
        index, attempt = event["p"]
        if not self.holds(LeaseKey(self.spec.task_id, index, attempt)):
            return
        self._stray(index, attempt, event)
        if index in self.alone:
            self.strikes[index] += 1
        if self.strikes[index] < MAX_STRIKES:
            self._queue(index, version, suspect=True)
            return
        self._tell(index, {"a": attempt, "error": event["error"]})
        self._move(index, F, version)
        self.pace.ended(event["t"])

    def _on_paused(self, version: int, event: Json) -> None:
        self.paused_at = event["t"]

    def _on_resumed(self, version: int, event: Json) -> None:
        self.paused_at = None
        self.pace.interrupted()

    def _on_cancelled(self, version: int, event: Json) -> None:
        self.paused_at = None
        self._leave_in_flight(event)
        for index in self._indices(OPEN_PHOTOS):
            self._move(index, C, version)
        self.state = BatchState.CANCELLED

    def _on_deleted(self, version: int, event: Json) -> None:
        self.deleted_at = event["t"]
        self.withdrawn = event.get("withdrawn", False)
        self._leave_in_flight(event)

    def _on_swept(self, version: int, event: Json) -> None:
        for index, attempt in event["p"]:
            self.strays.pop((index, attempt), None)

    def _on_called(self, version: int, event: Json) -> None:
        if event["end"] != self.finished_at:  # it reports an end that a retry has undone
            return
        self.calls += 1
        self.owes_call = event["again"] is not None
        self.call_due = event["again"] or 0.0

    def _on_shared(self, version: int, event: Json) -> None:
        self.shares[event["id"]] = event["until"]

    def _on_unshared(self, version: int, event: Json) -> None:
        self.shares.pop(event["id"], None)

    def _on_retried(self, version: int, event: Json) -> None:
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

    # --- queries --------------------------------------------------------------------------------------------------

    def holds(self, key: LeaseKey) -> bool:
        """Say whether this attempt is the one that may report now."""
        return (
            key.index < len(self.photos) and self.photo_state[key.index] == P and self.attempt[key.index] == key.attempt
        )

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

    def pick(self, count: int, alone_allowed: bool) -> tuple[list[int], bool]:
        """Choose the next photos and whether they are to be computed alone; changes nothing."""
        if self.suspects and alone_allowed:
            return [next(iter(self.suspects))], True
        chosen = [index for index, _ in zip(self.ready, range(count), strict=False)]
        return chosen, False

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

    def report(self, index: int) -> Json:
        """Return the last report of a photo, {} when there is none."""
        said: Json = json.loads(self.outcome[index] or b"{}")
        return said

    def changed_since(self, version: int) -> Iterator[int]:
        """Yield the photos that changed after a version, in their order."""
        yield from np.flatnonzero(self.changed > version).tolist()

    def indices(self, state: PhotoState | None, start: int) -> Iterator[int]:
        """Yield the photos from `start` on, of one state or of any."""
        for index in range(start, len(self.photos)):
            if state is None or self.photo_state[index] == state:
                yield index

    # --- moves ----------------------------------------------------------------------------------------------------

    def _indices(self, states: frozenset[PhotoState] | set[PhotoState]) -> list[int]:
        return [index for index, state in enumerate(self.photo_state) if state in states]

    def _leave_in_flight(self, event: Json) -> None:
        """Take all leases away. Living workers clean up after themselves, unless they die first."""
        for index in self.holder:
            self._stray(index, self.attempt[index], event)

    def _stray(self, index: int, attempt: int, event: Json) -> None:
        """Note an attempt whose worker has stored something or still may; it is swept `late` seconds from now."""
        if "late" in event:
            self.strays[index, attempt] = event["t"] + event["late"]

    def _tell(self, index: int, row: Json) -> None:
        self.outcome[index] = json.dumps(row, separators=(",", ":")).encode()
        self.told[index] = row["a"]

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
