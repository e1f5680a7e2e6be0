"""Series of nodes and GPUs, from what the coordinator counts."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from actors.coordinator.nodes import Nodes
from actors.messages.records import Gpu, LeaseKey, Outcome
from actors.pool.quarantine import Quarantine
from actors.pool.worker_record import Kind, Place, WorkerRecord, WorkerState
from deployments.status.node_metrics import node_families, quarantined

NODE = "a1b2c3d4e5f6" + "0" * 44
NAME = NODE[:12]


class Families(Collector):
    def __init__(self, *families: Metric) -> None:
        self._families = families

    def collect(self) -> tuple[Metric, ...]:
        return self._families


def samples(*families: Metric) -> dict[frozenset[str], float]:
    """As Prometheus reads them: by name and values of labels."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Families(*families))
    text = generate_latest(registry).decode()
    return {
        frozenset({sample.name, *sample.labels.values()}): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def one(*words: str) -> frozenset[str]:
    return frozenset(words)


def test_a_node_with_gpus() -> None:
    worker = WorkerRecord("w1", None, node_id=NODE, address="10.0.0.7", state=WorkerState.READY)
    nodes = Nodes({"w1": worker})
    nodes.reported(worker, Outcome(LeaseKey("b", 0, 1), result={"bytes": 1}, timings_ms={"apply": 250.0}), final=True)
    nodes.told(worker, {"nvjpeg_failed": 3}, [Gpu(0, 0.42, 5, 80), Gpu(1, None, 0, 80)])
    nodes.died(WorkerRecord("w2", None, node_id=NODE), leases=2, device_lost=True)
    told = samples(*node_families(nodes.snapshot({"w1"})))
    assert told[one("photobatch_node_info", NAME, "10.0.0.7")] == 1
    assert told[one("photobatch_node_workers", NAME, "busy")] == 1
    assert told[one("photobatch_node_photos_total", NAME, "succeeded")] == 1
    assert told[one("photobatch_node_stage_seconds_total", NAME, "apply")] == 0.25
    assert told[one("photobatch_node_worker_deaths_total", NAME)] == 1
    assert told[one("photobatch_node_leases_lost_total", NAME)] == 2
    assert told[one("photobatch_devices_lost_total", NAME)] == 1
    assert told[one("photobatch_fallbacks_total", NAME, "nvjpeg_failed")] == 3
    assert told[one("photobatch_gpu_use_ratio", NAME, "0")] == 0.42
    assert one("photobatch_gpu_use_ratio", NAME, "1") not in told, "with MIG a GPU does not tell it"
    assert told[one("photobatch_gpu_memory_used_bytes", NAME, "0")] == 5
    assert told[one("photobatch_gpu_memory_bytes", NAME, "1")] == 80


def test_a_place_in_quarantine_is_named_as_its_node_is_elsewhere() -> None:
    quarantine = Quarantine()
    assert samples(quarantined(quarantine.view())) == {}
    quarantine.hold(Place(NODE, Kind.GPU), "too many deaths")
    assert samples(quarantined(quarantine.view())) == {one("photobatch_quarantined", NAME, "gpu"): 1}
