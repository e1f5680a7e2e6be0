"""Fair order: nobody is held up by somebody else's big batch, nor by their own."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from actors.batches.batch import Batch
from actors.batches.events import Leased
from actors.coordinator.scheduler import MAX_LEASE, Scheduler
from actors.messages.records import BatchSpec, PhotoSpec
from tests.actors.new_batch import new_batch


def make(task_id: str, user: str = "ann", photos: int = 10, priority: int = 5, at: float = 0.0) -> Batch:
    spec = BatchSpec(task_id, user, preset={}, output={}, priority=priority)
    return new_batch(spec, [PhotoSpec("file:///x", "x")] * photos, at)


def serve(scheduler: Scheduler, batches: list[Batch], leases: int, now: float = 0.0, size: int = 1) -> list[str]:
    """Lease again and again; return whose turn it was."""
    order = []
    versions = count(100)
    for step in range(leases):
        at = now + step * 0.1
        batch = scheduler.choose(batches, at)
        if batch is None:
            break
        scheduler.served(batch, at)
        chosen = batch.pick(size)
        batch.apply(next(versions), at, Leased("w", [(index, 1) for index in chosen], alone=False))
        order.append(batch.spec.task_id)
    return order


def test_five_photos_do_not_wait_for_ten_thousand_of_another_user() -> None:
    order = serve(Scheduler(), [make("big", "ann", 10_000), make("small", "bob", 5)], 12)
    assert order.count("small") == 5
    assert order.index("small") <= 1


def test_five_photos_do_not_wait_for_ten_thousand_of_the_same_user() -> None:
    scheduler = Scheduler()
    big = make("big", photos=10_000)
    serve(scheduler, [big], 3000)  # it is under way, and minutes old
    order = serve(scheduler, [big, make("small", photos=5, at=300.0)], 12, now=300.0)
    assert order.count("small") == 5


def test_priority_goes_first_within_a_user_only() -> None:
    order = serve(Scheduler(), [make("low", "ann", 3, 1), make("high", "ann", 3, 9), make("other", "bob", 3, 0)], 9)
    assert [name for name in order if name != "other"] == ["high"] * 3 + ["low"] * 3
    assert order.index("other") <= 1


def test_who_waits_gains_a_priority_each_minute() -> None:
    batches = [make("urgent", photos=100_000, priority=7), make("patient", photos=5, priority=5)]
    order = serve(Scheduler(), batches, 1300)  # ten leases a second
    assert order.index("patient") == 1200, "two minutes make up for two steps of priority"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6), st.integers(0, 9)), min_size=1, max_size=8))
def test_everything_is_leased_in_the_end(described: list[tuple[str, int, int]]) -> None:
    batches = [make(f"b{n}", user, photos, priority) for n, (user, photos, priority) in enumerate(described)]
    order = serve(Scheduler(), batches, 1000, size=2)
    assert {batch.spec.task_id for batch in batches} == set(order)
    assert all(not batch.ready for batch in batches)


def test_a_lease_is_about_a_second_of_work_and_shrinks_to_the_end() -> None:
    scheduler = Scheduler()
    batch = make("b", photos=1000)
    assert scheduler.lease_size(batch, 2) == 1, "nothing is known yet"
    scheduler.took("b", 0.1)
    assert scheduler.lease_size(batch, 2) == 10
    assert scheduler.lease_size(make("b", photos=8), 2) == 2
    scheduler.took("b", 30.0)
    assert scheduler.lease_size(batch, 2) == 1
    scheduler.forget(batch)
    scheduler.took("b", 0.00001)
    assert scheduler.lease_size(batch, 2) == MAX_LEASE
