"""Counters and readings by node, for metrics.

A node is named by the beginning of its id in Ray. It is known from its first worker on, and until some time after its
last one: the number of nodes is bounded, however many come and go.
"""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from actors.messages.records import Gpu, Json, Outcome
from actors.pool.worker_record import WorkerRecord, WorkerState
from models.fallbacks import KINDS

NAME_LENGTH = 12  # of 56 hexadecimal digits
KEPT_S = 600.0  # after its last worker; Prometheus must have the chance to see why there is none any more
MOST = 1000  # nodes without workers that are kept
FRESH_S = 60.0  # an older reading of a GPU is not shown


@dataclass(slots=True)
class _Node:
    address: str = ""
    seen: float = field(default_factory=time.monotonic)  # when it last had a worker
    photos: Counter[str] = field(default_factory=lambda: Counter(succeeded=0, failed=0))
    seconds: dict[str, float] = field(default_factory=dict)  # by stage
    deaths: int = 0
    leases_lost: int = 0
    devices_lost: int = 0
    fallbacks: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(KINDS, 0)))
    gpus: list[Gpu] = field(default_factory=list)
    measured: float = float("-inf")


class Nodes:
    """Counts by node; a worker that is not placed yet has none, and counts nowhere."""

    def __init__(self, workers: Mapping[str, WorkerRecord]) -> None:
        """`workers`: those that there are, at any time."""
        self._workers = workers
        self._nodes: dict[str, _Node] = {}

    def reported(self, worker: WorkerRecord | None, outcome: Outcome, *, final: bool) -> None:
        """Count a report that was accepted."""
        node = self._of(worker)
        for stage, took_ms in outcome.timings_ms.items():
            node.seconds[stage] = node.seconds.get(stage, 0.0) + took_ms / 1000
        if final and outcome.light is None:
            node.photos["failed" if outcome.result is None else "succeeded"] += 1

    def told(self, worker: WorkerRecord | None, fallbacks: dict[str, int], gpus: list[Gpu]) -> None:
        """Take what a worker says of its process and its node."""
        node = self._of(worker)
        node.fallbacks.update({kind: count for kind, count in fallbacks.items() if kind in KINDS})
        if gpus:
            node.gpus, node.measured = gpus, time.monotonic()

    def died(self, worker: WorkerRecord, *, leases: int, device_lost: bool) -> None:
        """Count a worker that ended without being told to, with the leases that it held."""
        node = self._of(worker)
        node.deaths += 1
        node.leases_lost += leases
        node.devices_lost += device_lost

    def snapshot(self, busy: set[str]) -> dict[str, Json]:
        """Return all that is known, by node; `busy` names the workers that hold photos."""
        states: dict[str, Counter[str]] = {}
        for worker in self._workers.values():
            if worker.node_id:
                self._of(worker)
                counts = states.setdefault(_name(worker), Counter(starting=0, ready=0, busy=0))
                counts[_state(worker, busy)] += 1
        self._forget()
        return {name: _view(node, states.get(name, Counter())) for name, node in self._nodes.items()}

    def _of(self, worker: WorkerRecord | None) -> _Node:
        if worker is None or not worker.node_id:
            return _Node()
        name = _name(worker)
        node = self._nodes.get(name)
        if node is None:
            self._forget()
            node = self._nodes[name] = _Node()
        node.address = worker.address or node.address
        node.seen = time.monotonic()
        return node

    def _forget(self) -> None:
        """Drop the nodes that have been without workers for long, and the oldest of those if there are too many."""
        living = {_name(worker) for worker in self._workers.values()}
        left = sorted((node.seen, name) for name, node in self._nodes.items() if name not in living)
        now = time.monotonic()
        surplus = len(left) - MOST
        for place, (seen, name) in enumerate(left):
            if place < surplus or now - seen > KEPT_S:
                del self._nodes[name]


def _name(worker: WorkerRecord) -> str:
    return worker.node_id[:NAME_LENGTH]


def _state(worker: WorkerRecord, busy: set[str]) -> str:
    if worker.state is WorkerState.STARTING:
        return "starting"
    return "busy" if worker.worker_id in busy else "ready"


def _view(node: _Node, workers: Counter[str]) -> Json:
    fresh = time.monotonic() - node.measured < FRESH_S
    return {
        "address": node.address,
        "workers": dict(workers),
        "photos": dict(node.photos),
        "seconds": dict(node.seconds),
        "deaths": node.deaths,
        "leases_lost": node.leases_lost,
        "devices_lost": node.devices_lost,
        "fallbacks": dict(node.fallbacks),
        "gpus": [{"gpu": str(gpu.index), **_reading(gpu)} for gpu in node.gpus] if fresh else [],
    }


def _reading(gpu: Gpu) -> Json:
    return {"use": gpu.use, "memory_used": gpu.memory_used, "memory_total": gpu.memory_total}
