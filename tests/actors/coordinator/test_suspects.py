"""A suspect goes where its workers have not died yet, so that a bad GPU or node is not taken for a bad photo."""

from actors.coordinator.suspects import Suspects
from actors.messages.records import BatchSpec, PhotoSpec
from actors.pool.demand import Elastic
from actors.pool.pool import Pool
from actors.pool.worker_record import Kind, WorkerRecord, WorkerState
from tests.actors.new_batch import new_batch

FILTER = BatchSpec("b1", "ann", {"type": "filter", "params": {}}, {})
NETWORK = BatchSpec("b2", "ann", {"type": "filter", "params": {"ops": [{"name": "denoise"}]}}, {})


class World:
    def __init__(self, spec: BatchSpec, **workers: tuple[str, Kind]) -> None:
        self.pool = Pool(Elastic(4, 4), Elastic(0, 4))
        for name, (node_id, kind) in workers.items():
            self.pool.add(WorkerRecord(name, None, node_id=node_id, kind=kind, state=WorkerState.READY))
        self.suspects = Suspects(self.pool)
        self.batch = new_batch(spec, [PhotoSpec("file:///0.jpg", "0.jpg")])

    def died_at(self, *names: str) -> "World":
        for name in names:
            self.suspects.died(self.batch, 0, self.pool.workers[name].place)
        return self

    def takers(self) -> set[str]:
        """The workers that may compute the suspect now."""
        return {n for n, worker in self.pool.workers.items() if self.suspects.may_take(worker, self.batch, 0)}


def test_on_one_machine_any_worker_takes_it() -> None:
    world = World(FILTER, a=("here", Kind.CPU), b=("here", Kind.CPU))
    assert world.died_at("a").takers() == {"a", "b"}


def test_it_goes_to_another_node() -> None:
    world = World(FILTER, a=("one", Kind.CPU), b=("two", Kind.CPU), c=("three", Kind.CPU), g=("two", Kind.GPU))
    assert world.takers() == {"a", "b", "c"}
    assert world.died_at("a").takers() == {"b", "c"}
    assert world.died_at("b").takers() == {"c"}
    assert world.died_at("c").takers() == {"a", "b", "c"}, "it has been everywhere"


def test_who_starts_or_leaves_is_no_reason_to_wait() -> None:
    world = World(FILTER, a=("one", Kind.CPU), b=("two", Kind.CPU), c=("three", Kind.CPU))
    world.pool.workers["b"].state = WorkerState.STARTING
    world.pool.workers["c"].leaving = True
    assert "a" in world.died_at("a").takers()


def test_a_gpu_hands_it_to_another_gpu_and_the_last_one_to_a_cpu() -> None:
    world = World(NETWORK, g=("one", Kind.GPU), h=("two", Kind.GPU), c=("one", Kind.CPU))
    assert world.takers() == {"g", "h"}
    assert world.died_at("g").takers() == {"h"}
    assert world.died_at("h").takers() == {"c"}
    assert world.died_at("c").takers() == {"g", "h"}


def test_what_is_known_of_a_batch_is_dropped_with_it() -> None:
    world = World(FILTER, a=("one", Kind.CPU), b=("two", Kind.CPU))
    world.died_at("a")
    world.suspects.forget(world.batch)
    assert world.takers() == {"a", "b"}
