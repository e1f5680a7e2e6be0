"""The light of a batch is matched once all its photos are analysed, and each is computed with its shift."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from actors.batches.events import BatchEvent, Cancelled, Leased, Matched, Reported, Retried
from actors.batches.views import photo_view
from actors.messages.records import LeaseKey, Outcome, PhotoSpec
from actors.photos.report import Report
from actors.photos.states import OPEN_PHOTOS
from tests.actors.batches.test_batch import HICCUP, SPEC
from tests.actors.batches.test_open_batch import OpenMachine
from tests.actors.new_batch import new_batch


class MatchedMachine(OpenMachine):
    """An open batch whose light is matched; the shift of a photo is its index."""

    spec = replace(SPEC, open=True, consistency=1.0)

    @initialize(count=st.integers(0, 5), closed=st.booleans())
    def some_are_analysed(self, count: int, closed: bool) -> None:
        chosen = self.batch.pick(count)
        self.apply(Leased("x", [(index, 1) for index in chosen], alone=False))
        self.issued += [("x", LeaseKey("b1", index, 1)) for index in chosen]
        for index in chosen:
            self.report_of(LeaseKey("b1", index, 1), "good")
        if closed:
            self.close()

    @precondition(lambda self: self.batch.awaits_match)
    @rule()
    def match(self) -> None:
        waiting = sorted(self.batch.matching.waiting)
        self.apply(Matched([(index, {"exposure": float(index)} if index else None) for index in waiting]))
        assert not self.batch.awaits_match
        assert self.batch.leasable(self.now) or self.batch.paused
        ready = [index for index in self.batch.ready if index in waiting]
        assert ready == sorted(ready), "they are computed in their order"

    @invariant()
    def what_is_computed_was_matched_before(self) -> None:
        batch = self.batch
        for index in (*batch.ready, *batch.suspects, *batch.holder):
            assert batch.analyses(index) or index in batch.matching.shifts

    @invariant()
    def what_has_a_result_was_matched_before(self) -> None:
        for index in self.published:
            assert index in self.batch.matching.shifts
            assert (photo_view(self.batch, index, timings=False)["shift"] or {}).get("exposure", 0.0) == index

    @invariant()
    def it_waits_for_nothing_that_cannot_come(self) -> None:
        open_photos = {i for i, state in enumerate(self.batch.photo_state) if state in OPEN_PHOTOS}
        assert not self.batch.matching.waiting & {*self.batch.ready, *self.batch.suspects, *self.batch.holder}
        stuck = not self.batch.growing and bool(open_photos) and open_photos == self.batch.matching.waiting
        assert stuck == self.batch.awaits_match


TestMatched = MatchedMachine.TestCase
TestMatched.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)


def test_photos_that_were_analysed_before_a_cancel_are_matched_after_a_retry() -> None:
    batch = new_batch(replace(SPEC, consistency=1.0), [PhotoSpec("file:///0.jpg", "0.jpg")])

    def attempt(number: int, error: dict[str, object] | None, again: float | None) -> list[BatchEvent]:
        done = Outcome(LeaseKey("b1", 0, number), error=error, light=None if error else {"level": 1})
        return [Leased("x", [(0, number)], alone=False), Reported([Report.of(done, again)])]

    events = [
        *attempt(1, HICCUP, 60.0),
        *(Cancelled(), Retried()),
        *attempt(2, None, None),
        *(Cancelled(), Retried()),
    ]
    for now, event in enumerate(events, 2):
        batch.apply(now, now, event)
    assert batch.awaits_match
    assert not batch.leasable(100.0), "a retry that was due before the cancel does not come either"
    batch.apply(100, 100.0, Matched([(0, None)]))
    assert batch.pick(1) == [0]
