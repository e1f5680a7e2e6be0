"""The light of a batch is matched once all its photos are analysed, and each is computed with its shift."""

from dataclasses import replace

from hypothesis import settings
from hypothesis.stateful import invariant, precondition, rule

from actors.batches.events import Matched
from actors.batches.states import OPEN_PHOTOS
from actors.batches.views import photo_view
from tests.actors.batches.test_batch import SPEC
from tests.actors.batches.test_open_batch import OpenMachine


class MatchedMachine(OpenMachine):
    """An open batch whose light is matched; the shift of a photo is its index."""

    spec = replace(SPEC, open=True, consistency=1.0)

    @precondition(lambda self: self.batch.awaits_match)
    @rule()
    def match(self) -> None:
        rows = [(index, {"exposure": float(index)} if index else None) for index in sorted(self.batch.matching.waiting)]
        self.apply(Matched(rows))
        assert not self.batch.awaits_match
        assert all(self.batch.leasable(self.now) or self.batch.paused for _ in rows)

    @invariant()
    def what_has_a_result_was_matched_before(self) -> None:
        for index in self.published:
            assert index in self.batch.matching.shifts
            assert (photo_view(self.batch, index, timings=False)["shift"] or {}).get("exposure", 0.0) == index

    @invariant()
    def it_waits_for_nothing_that_cannot_come(self) -> None:
        open_photos = {i for i, state in enumerate(self.batch.photo_state) if state in OPEN_PHOTOS}
        stuck = not self.batch.growing and bool(open_photos) and open_photos == self.batch.matching.waiting
        assert stuck == self.batch.awaits_match


TestMatched = MatchedMachine.TestCase
TestMatched.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
