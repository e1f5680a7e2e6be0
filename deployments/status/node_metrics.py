"""What the coordinator knows of each node, as metrics. Series of a node end ten minutes after its last worker."""

from collections.abc import Iterator
from typing import Any

from prometheus_client.core import Metric

from actors.coordinator.nodes import NAME_LENGTH
from deployments.status.families import counters, gauges

_COUNTERS = {
    "deaths": ("photobatch_node_worker_deaths", "Workers that ended without being told to."),
    "leases_lost": ("photobatch_node_leases_lost", "Leases that ended with their worker."),
    "devices_lost": ("photobatch_devices_lost", "GPUs that failed while a worker computed, which then ended."),
}
_READINGS = {
    "use": ("photobatch_gpu_use_ratio", "Part of the time in which the GPU computes, by all processes."),
    "memory_used": ("photobatch_gpu_memory_used_bytes", "Memory of the GPU that is taken, by all processes."),
    "memory_total": ("photobatch_gpu_memory_bytes", "Memory of the GPU."),
}


def node_families(nodes: dict[str, dict[str, Any]]) -> Iterator[Metric]:
    """Yield the families; `nodes` is what `actors.coordinator.nodes` tells, by the node's name."""

    def by(key: str) -> dict[tuple[str, ...], float]:
        return {(name, of): value for name, node in nodes.items() for of, value in node[key].items()}

    addresses: dict[tuple[str, ...], float] = {(name, node["address"]): 1.0 for name, node in nodes.items()}
    yield gauges("photobatch_node_info", "Nodes with workers, by name and address.", ("node", "address"), addresses)
    yield gauges("photobatch_node_workers", "Workers on a node.", ("node", "state"), by("workers"))
    yield counters(
        "photobatch_node_photos", "Photos that ended, by a node's report.", ("node", "outcome"), by("photos")
    )
    yield counters(
        "photobatch_node_stage_seconds", "What stages took on a node, in all.", ("node", "stage"), by("seconds")
    )
    for key, (name, help_text) in _COUNTERS.items():
        yield counters(name, help_text, ("node",), {node: told[key] for node, told in nodes.items()})
    yield counters(
        "photobatch_fallbacks", "A slower way in the place of the usual one.", ("node", "kind"), by("fallbacks")
    )
    yield from _gpus(nodes)


def quarantined(places: list[dict[str, Any]]) -> Metric:
    """Return the gauge of places that get no workers; `places` is what `actors.pool.quarantine` tells."""
    held: dict[tuple[str, ...], float] = {(place["node"][:NAME_LENGTH], place["kind"]): 1.0 for place in places}
    help_text = "Nodes that get no workers of a kind for a while: they lose too many, or their GPUs are unusable."
    return gauges("photobatch_quarantined", help_text, ("node", "kind"), held)


def _gpus(nodes: dict[str, dict[str, Any]]) -> Iterator[Metric]:
    for key, (name, help_text) in _READINGS.items():
        readings: dict[tuple[str, ...], float] = {
            (node, gpu["gpu"]): gpu[key] for node, told in nodes.items() for gpu in told["gpus"] if gpu[key] is not None
        }
        yield gauges(name, help_text, ("node", "gpu"), readings)
