"""An open batch takes photos until it is closed, and does not end before."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from actors.batches.batch import Batch
from actors.batches.events import Closed, Created, contents
from actors.messages.records import PhotoSpec
from actors.photos.states import ENDED, BatchState
from tests.actors.batches.test_batch import SPEC, BatchMachine


class OpenMachine(BatchMachine):
    """The same, open: photos are appended until it is closed, and it does not end before."""

    spec = replace(SPEC, open=True, name="Anna & Ben")

    @precondition(lambda self: self.batch.open)
    @rule(count=st.integers(1, 3))
    def append(self, count: int) -> None:
        total = len(self.batch.photos)
        photos = [PhotoSpec(f"file:///{n}.jpg", f"{n}.jpg") for n in range(total, total + count)]
        for event in contents(photos):
            self.apply(event)
        assert [photo.name for photo in self.batch.photos] == [f"{n}.jpg" for n in range(total + count)]

    @precondition(lambda self: self.batch.open)
    @rule()
    def close(self) -> None:
        self.apply(Closed())


TestOpen = OpenMachine.TestCase
TestOpen.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_an_open_batch_without_photos_is_cancelled_when_it_is_closed() -> None:
    batch = Batch.create(1, 1.0, Created.of(replace(SPEC, open=True)))
    assert batch.state not in ENDED
    batch.apply(2, 5.0, Closed())
    assert (batch.state, batch.finished_at) == (BatchState.CANCELLED, 5.0)
