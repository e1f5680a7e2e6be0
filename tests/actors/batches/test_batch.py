"""Whatever order events come in: counts add up, each photo is published at most once, replay gives the same."""

import json
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.batches.batch import MAX_STRIKES, Batch
from actors.batches.events import (
    BATCH_EVENTS,
    Adjusted,
    Archived,
    BatchEvent,
    Cancelled,
    Created,
    Leased,
    Listed,
    Paused,
    Renamed,
    Reported,
    Resumed,
    Retried,
    Returned,
    Struck,
    Swept,
    contents,
)
from actors.batches.replay import Replay
from actors.batches.snapshot import archived, summary
from actors.batches.views import batch_view, photo_view
from actors.messages.records import BatchSpec, LeaseKey, Outcome, PhotoSpec
from actors.photos.columns import PhotosAwayError
from actors.photos.report import Report
from actors.photos.states import ENDED, OPEN_PHOTOS, BatchState, PhotoState
from storage.journal import Entry
from tests.actors.new_batch import new_batch

SPEC = BatchSpec("b1", "ann", preset={"id": "filter_warm"}, output={})
FAILURE = {"code": "corrupt", "message": "…", "retryable": False}
HICCUP = {"code": "fetch_failed", "message": "…", "retryable": True}


class BatchMachine(RuleBasedStateMachine):
    """Plays coordinator with one batch of five photos and three workers."""

    prefixes: tuple[PhotoSpec, ...] = ()
    spec = SPEC

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Entry] = []
        self.now = 1000.0
        self.version = 0
        photos = [PhotoSpec(f"file:///{n}.jpg", f"{n}.jpg") for n in range(5)]
        self.journal(Created.of(self.spec))
        self.batch = Batch.create(self.version, self.now, Created.of(self.spec))
        for event in contents(photos, self.prefixes, slice_size=2):
            self.apply(event)
        self.issued: list[tuple[str, LeaseKey]] = []
        self.published: dict[int, str] = {}  # the hash of the result that counts
        self.before: dict[int, tuple[str, int]] = {}  # of adjusted photos: what counts if nothing comes of it
        self.adjusted = 0
        self.lone_deaths: Counter[int] = Counter()
        self.cut: set[tuple[int, int]] = set()  # attempts whose lease ended without a report, not yet swept

    def journal(self, event: Created | BatchEvent) -> None:
        self.version += 1
        self.log.append(Entry("b1", self.version, BATCH_EVENTS.write(event, self.now)))

    def apply(self, event: BatchEvent) -> None:
        self.journal(event)
        self.batch.apply(self.version, self.now, event)

    @precondition(lambda self: self.batch.leasable(self.now))
    @rule(worker=st.sampled_from("xyz"), count=st.integers(1, 4), alone=st.booleans())
    def lease(self, worker: str, count: int, alone: bool) -> None:
        is_alone = alone and bool(self.batch.suspects)
        chosen = [next(iter(self.batch.suspects))] if is_alone else self.batch.pick(count)
        if not chosen:
            return
        assert not set(chosen) & set(self.batch.suspects) or is_alone
        attempts = [(index, self.batch.attempt[index] + 1) for index in chosen]
        self.apply(Leased(worker, attempts, is_alone))
        self.issued += [(worker, LeaseKey("b1", index, attempt)) for index, attempt in attempts]

    @precondition(lambda self: self.issued)
    @rule(data=st.data(), kind=st.sampled_from(["good", "bad", "again"]))
    def report(self, data: st.DataObject, kind: str) -> None:
        """Any report ever possible, late and repeated ones too."""
        _, key = data.draw(st.sampled_from(self.issued))
        self.report_of(key, kind)

    @precondition(lambda self: self.batch.holder)
    @rule(kind=st.sampled_from(["good", "good", "good", "bad", "again"]))
    def all_in_flight_are_reported(self, kind: str) -> None:
        for worker in sorted(self.batch.workers()):
            for key in self.batch.held_by(worker):
                self.report_of(key, kind)

    def report_of(self, key: LeaseKey, kind: str) -> None:
        counts = self.batch.holds(key)
        error = {"good": None, "bad": FAILURE, "again": HICCUP}[kind]
        light = {"level": key.index} if kind == "good" and self.batch.analyses(key.index) else None
        result = {"format": "jpeg", "thumbnail": True, "original": False, "sha256": str(key)}
        again = self.now + 5 if kind == "again" else None
        before = self.batch.photo_state[key.index]
        outcome = Outcome(key, result=None if error or light else result, error=error, light=light)
        self.apply(Reported([Report.of(outcome, again)]))
        if counts:
            if kind == "good" and not light:
                assert self.batch.accepted(key), "its worker would remove what it has stored"
                assert key.index not in self.published, "a result was replaced by a photo that was not adjusted"
                self.published[key.index] = str(key)
                if old := self.before.pop(key.index, None):
                    self.cut.add((key.index, old[1]))
            elif kind == "bad":
                self.restore(key.index)
        else:
            assert self.batch.photo_state[key.index] == before, "a late report changed something"

    @precondition(lambda self: self.batch.holder)
    @rule(data=st.data(), suspect=st.booleans())
    def worker_dies(self, data: st.DataObject, suspect: bool) -> None:
        worker = data.draw(st.sampled_from(sorted(set(self.batch.holder.values()))))
        held = self.batch.held_by(worker)
        self.cut |= {(key.index, key.attempt) for key in held}
        if suspect:
            key = data.draw(st.sampled_from(held))
            held.remove(key)
            self.lone_deaths[key.index] += key.index in self.batch.alone
            self.apply(Struck((key.index, key.attempt), FAILURE, late=9.0))
            if self.batch.photo_state[key.index] not in OPEN_PHOTOS:
                self.restore(key.index)
        self.apply(Returned([(key.index, key.attempt) for key in held], late=9.0))
        assert worker not in self.batch.holder.values()

    @precondition(lambda self: self.batch.state not in ENDED and not self.batch.paused)
    @rule()
    def pause(self) -> None:
        self.apply(Paused())
        assert not self.batch.leasable(self.now) or self.batch.state in ENDED

    @precondition(lambda self: self.batch.paused)
    @rule()
    def resume(self) -> None:
        self.apply(Resumed())

    @precondition(lambda self: self.batch.state not in ENDED)
    @rule()
    def cancel(self) -> None:
        self.cut |= {(index, self.batch.attempt[index]) for index in self.batch.holder}
        growing = self.batch.growing
        self.apply(Cancelled(late=9.0))
        for index in list(self.before):
            self.restore(index)
        assert (self.batch.state == BatchState.CANCELLED) == (growing or PhotoState.CANCELLED in self.batch.photo_state)

    @precondition(lambda self: self.batch.state in ENDED)
    @rule()
    def retry(self) -> None:
        again = [i for i, s in enumerate(self.batch.photo_state) if s in {PhotoState.FAILED, PhotoState.CANCELLED}]
        if again or self.batch.listing.incomplete:
            self.apply(Retried())
            self.lone_deaths = Counter({i: n for i, n in self.lone_deaths.items() if i not in again})
            assert (self.batch.state in ENDED, self.batch.finished_at) == (False, None)
            assert not self.batch.listing.errors()

    @precondition(lambda self: not OPEN_PHOTOS.issuperset(self.batch.photo_state))
    @rule(index=st.integers(0, 4))
    def adjust(self, index: int) -> None:
        """A photo that had a result keeps it until another is there."""
        if self.batch.photo_state[index] in OPEN_PHOTOS:
            return
        self.adjusted += 1
        if index in self.published:
            self.before[index] = self.published.pop(index), self.batch.told[index]
        self.apply(Adjusted(index, {"fade": self.adjusted}))
        self.lone_deaths.pop(index, None)
        assert self.batch.state not in ENDED
        assert photo_view(self.batch, index, timings=False)["params"] == {"fade": self.adjusted}

    def restore(self, index: int) -> None:
        if old := self.before.pop(index, None):
            self.published[index] = old[0]

    @precondition(lambda self: self.batch.state in ENDED)
    @rule()
    def rename(self) -> None:
        name = None if self.batch.name else "Anna & Ben"
        self.apply(Renamed(name))
        assert batch_view(self.batch, self.now, 60.0)["name"] == name

    @precondition(lambda self: self.batch.state in ENDED)
    @rule()
    def its_photos_leave_memory_and_come_back(self) -> None:
        """What goes on is the batch that a snapshot describes, with the photos that the events make."""
        view, strays = batch_view(self.batch, self.now, 60.0), dict(self.batch.strays)
        snapshot = BATCH_EVENTS.write(summary(self.batch, ""), self.now)
        read = BATCH_EVENTS.read(json.loads(snapshot))
        assert isinstance(read, Archived)
        self.batch.put_away()
        self.batch = archived(self.batch.recorded, read)
        assert (batch_view(self.batch, self.now, 60.0), self.batch.strays) == (view, strays)
        with pytest.raises(PhotosAwayError):
            self.batch.apply(self.version + 1, self.now, Retried())
        assert batch_view(self.batch, self.now, 60.0) == view
        replay = Replay()
        replay.read(self.log)
        self.batch.take_back(replay.batches["b1"])

    @precondition(lambda self: self.batch.strays)
    @rule()
    def sweep(self) -> None:
        over = [stray for stray, due in self.batch.strays.items() if due <= self.now]
        done = (i for i, state in enumerate(self.batch.photo_state) if state == PhotoState.SUCCEEDED)
        assert not {(i, self.batch.told[i]) for i in done} & set(over), "a result that counts would be swept"
        self.apply(Swept(over))
        self.cut -= set(over)

    @rule(seconds=st.floats(0.1, 20))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def whatever_may_be_left_behind_is_known(self) -> None:
        assert set(self.batch.strays) == self.cut

    @invariant()
    def counts_add_up(self) -> None:
        states = Counter(PhotoState(state) for state in self.batch.photo_state)
        assert {state: self.batch.counts[state] for state in PhotoState} == {s: states[s] for s in PhotoState}

    @invariant()
    def each_has_the_result_that_was_accepted_last(self) -> None:
        done = {i for i, state in enumerate(self.batch.photo_state) if state == PhotoState.SUCCEEDED}
        assert {i: photo_view(self.batch, i, timings=False)["result"]["sha256"] for i in done} == self.published

    @invariant()
    def nothing_is_lost(self) -> None:
        """A queued photo can be leased sooner or later; a processing one has a holder."""
        batch = self.batch
        batch.leasable(self.now)
        waiting = batch.matching.waiting | set(batch.ready) | set(batch.suspects) | {index for _, index in batch._later}
        for index, state in enumerate(batch.photo_state):
            assert (state == PhotoState.PROCESSING) == (index in batch.holder)
            assert state != PhotoState.QUEUED or index in waiting
        assert all(batch.photo_state[i] == PhotoState.QUEUED for i in (*batch.ready, *batch.suspects))

    @invariant()
    def poison_is_bounded(self) -> None:
        assert all(deaths <= MAX_STRIKES for deaths in self.lone_deaths.values())

    @invariant()
    def ended_means_ended(self) -> None:
        open_photos = sum(state in OPEN_PHOTOS for state in self.batch.photo_state)
        goes_on = open_photos > 0 or self.batch.growing
        assert (self.batch.state in ENDED) == (not goes_on)
        assert (self.batch.finished_at is None) == goes_on
        assert not (self.batch.growing and self.batch.state == BatchState.CANCELLED)

    @invariant()
    def replay_gives_the_same(self) -> None:
        replay = Replay()
        replay.read(self.log)
        twin = replay.batches["b1"]
        assert batch_view(twin, self.now, 60.0) == batch_view(self.batch, self.now, 60.0)
        for index in range(len(self.batch.photos)):
            assert photo_view(twin, index, timings=True) == photo_view(self.batch, index, timings=True)
        assert list(twin.changed) == list(self.batch.changed)
        assert twin.recorded == self.batch.recorded
        assert twin.tries == self.batch.tries
        assert twin.strikes == self.batch.strikes


class GrowingMachine(BatchMachine):
    """The same, with two prefixes that are listed meanwhile: every key once, in its order."""

    prefixes = (PhotoSpec("s3://b/x/", ""), PhotoSpec("s3://b/y/", "", {"strength": 0.5}))

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []

    @precondition(lambda self: self.batch.expanding)
    @rule(count=st.integers(0, 3), end=st.sampled_from(["", "", "over", "error", "truncated"]))
    def a_page_comes(self, count: int, end: str) -> None:
        number = self.batch.listing.current
        assert number is not None
        prefix = self.batch.listing.prefixes[number]
        first = int(prefix.after or 0) + 1
        found = [f"{prefix.source}{key}.jpg" for key in range(first, first + count)]
        self.keys += found
        rows = [(source, "a.jpg", prefix.params) for source in found]
        after = str(first + count - 1)
        over, truncated = end in {"over", "error", "truncated"}, end == "truncated"
        error = FAILURE if end == "error" else None
        self.apply(Listed(number, rows, after, over, truncated, error))

    @invariant()
    def every_key_is_one_photo(self) -> None:
        assert [photo.source for photo in self.batch.photos][5:] == self.keys
        assert len(set(self.keys)) == len(self.keys)


TestBatch = BatchMachine.TestCase
TestBatch.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestGrowing = GrowingMachine.TestCase
TestGrowing.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_a_suspect_whose_retry_was_due_is_still_computed_alone() -> None:
    batch = new_batch(SPEC, [PhotoSpec("file:///0.jpg", "0.jpg")])
    hiccup = Report.of(Outcome(LeaseKey("b1", 0, 1), error=HICCUP), 9.0)
    events = [
        Leased("x", [(0, 1)], alone=False),
        Reported([hiccup]),
        Cancelled(),
        Retried(),
        Leased("x", [(0, 2)], alone=False),
        Struck((0, 2), FAILURE),
    ]
    for now, event in enumerate(events, 1):
        batch.apply(now + 2, now, event)
    assert batch.leasable(20.0)
    assert batch.pick(5) == []
    assert list(batch.suspects) == [0]


def test_what_was_replaced_is_told_and_what_came_to_nothing_too() -> None:
    batch = new_batch(SPEC, [PhotoSpec("file:///0.jpg", "0.jpg", {"fade": 1})])

    def computed(attempt: int, error: dict[str, object] | None = None) -> list[BatchEvent]:
        result = None if error else {"format": "jpeg", "thumbnail": True, "original": False, "sha256": f"s{attempt}"}
        done = Outcome(LeaseKey("b1", 0, attempt), result=result, error=error)
        return [Leased("x", [(0, attempt)], alone=False), Reported([Report.of(done, None)])]

    for number, event in enumerate(
        [*computed(1), Adjusted(0, {"fade": 2}), *computed(2), Adjusted(0, None), *computed(3, FAILURE)], 2
    ):
        batch.apply(number, number, event)
    photo = photo_view(batch, 0, timings=False)
    assert photo["status"] == "succeeded"
    assert photo["result"]["sha256"] == "s2"
    assert photo["params"] == {"fade": 2}, "the last adjustment failed: the photo is as it was before"
    assert photo["replaced"] == [{"params": {"fade": 1}, "sha256": "s1"}]
    assert photo["adjust_error"] == FAILURE
    assert (0, 1) in batch.strays, "the file of the result that was replaced goes"
