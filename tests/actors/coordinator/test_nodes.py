"""Counters by node: they never fall, and go some time after the node's last worker."""

import pytest
import ray

from actors.coordinator import nodes
from actors.coordinator.nodes import Nodes
from actors.messages.records import Gpu, LeaseKey, Outcome
from actors.pool.worker_record import WorkerRecord, WorkerState

KEY = LeaseKey("b", 0, 1)
DONE = Outcome(KEY, result={"bytes": 1}, timings_ms={"decode": 500.0, "apply": 250.0})


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(nodes, "time", clock)
    return clock


def worker(name: str, node: str) -> WorkerRecord:
    return WorkerRecord(name, None, node_id=node * 56, address=f"10.0.0.{node}", state=WorkerState.READY)


def test_what_workers_did_counts_for_their_node(clock: Clock) -> None:
    one, two, other = worker("w1", "1"), worker("w2", "1"), worker("w3", "2")
    nowhere = WorkerRecord("w4", None)
    here = Nodes({each.worker_id: each for each in (one, two, other, nowhere)})
    here.reported(one, DONE, final=True)
    here.reported(two, DONE, final=True)
    here.reported(other, Outcome(KEY, error={"code": "corrupt"}), final=True)
    here.reported(other, Outcome(KEY, error={"code": "timed_out"}), final=False)
    here.reported(nowhere, DONE, final=True)
    here.told(one, {"network_on_cpu": 2, "of a later version": 1}, [Gpu(0, 0.5, 1, 2)])
    here.died(other, leases=3, device_lost=True)
    told = here.snapshot(busy={"w1"})
    assert sorted(told) == ["1" * 12, "2" * 12]
    first, second = told["1" * 12], told["2" * 12]
    assert first["address"] == "10.0.0.1"
    assert first["workers"] == {"starting": 0, "ready": 1, "busy": 1}
    assert first["photos"] == {"succeeded": 2, "failed": 0}
    assert first["seconds"] == {"decode": 1.0, "apply": 0.5}
    assert {kind: count for kind, count in first["fallbacks"].items() if count} == {"network_on_cpu": 2}
    assert first["gpus"] == [{"gpu": "0", "use": 0.5, "memory_used": 1, "memory_total": 2}]
    assert (second["deaths"], second["leases_lost"], second["devices_lost"]) == (1, 3, 1)
    assert second["photos"] == {"succeeded": 0, "failed": 1}


def test_a_node_is_shown_for_a_while_after_its_last_worker_and_then_no_more(clock: Clock) -> None:
    one, two = worker("w1", "1"), worker("w2", "2")
    workers = {"w1": one, "w2": two}
    here = Nodes(workers)
    here.reported(one, DONE, final=True)
    here.reported(two, DONE, final=True)
    del workers["w1"]
    here.died(one, leases=1, device_lost=False)
    clock.now += nodes.KEPT_S - 1
    left = here.snapshot(set())["1" * 12]
    assert (left["deaths"], left["workers"], left["photos"]["succeeded"]) == (1, {}, 1)
    clock.now += 2
    assert list(here.snapshot(set())) == ["2" * 12], "one that has workers stays"
    assert here.snapshot(set())["2" * 12]["photos"]["succeeded"] == 1


def test_a_reading_of_a_gpu_that_is_old_is_not_shown(clock: Clock) -> None:
    one = worker("w1", "1")
    here = Nodes({"w1": one})
    here.told(one, {}, [Gpu(0, 0.5, 1, 2)])
    clock.now += nodes.FRESH_S + 1
    assert here.snapshot(set())["1" * 12]["gpus"] == []


def test_however_many_nodes_come_and_go_their_number_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "MOST", 3)
    here = Nodes({})
    for node in "0123456789":
        clock.now += 1
        here.died(worker(f"w{node}", node), leases=0, device_lost=False)
    assert sorted(here.snapshot(set())) == [node * 12 for node in "789"], "the latest; nobody had asked before"


def test_what_happens_to_workers_shows_at_their_node(service) -> None:
    here = service()
    assert here.ended(here.submit(*["sleep 0"] * 6, "slower"))["counts"]["succeeded"] == 7
    assert here.ended(here.submit("lost"))["counts"]["failed"] == 1
    told = here.ask(here.coordinator.metrics())
    [(name, node)] = told["nodes"].items()
    assert ray.get_runtime_context().get_node_id().startswith(name)
    assert node["photos"] == {"succeeded": 7, "failed": 0}, "the one that failed was never reported"
    assert node["fallbacks"]["network_on_cpu"] == 1
    assert node["devices_lost"] == node["deaths"] == told["worker_deaths"] >= 2
    assert node["gpus"] == []
    assert node["address"] == ray.util.get_node_ip_address()
    assert node["seconds"]["decode"] == pytest.approx(0.007)
