"""Metrics in Prometheus' text format: counters of the coordinator, and answers of this replica."""

import time
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.status.families import counter, counters, gauge, gauges
from deployments.status.node_metrics import node_families, quarantined

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_EVENTS = {
    "retried": "Photos that failed and were tried again.",
    "reused": "Photos that were answered by a copy of what was done before.",
    "lease_lost": "Leases that ended without a report: their worker died, or was given up.",
    "struck": "Photos that were being computed when their worker died.",
}


class Requests:
    """Counts requests by route; middleware of the application."""

    def __init__(self, replica: str = "") -> None:
        """`replica` becomes a label: one target may be several processes, each with counters of its own."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series beside each one, which nobody reads
        self._registry = CollectorRegistry()
        self._replica = (replica,) if replica else ()
        whose = ("replica",) if replica else ()
        labels = ("method", "route", *whose)
        self._answers = Counter(
            "photobatch_http_requests", "Answers.", ("method", "route", "status", *whose), registry=self._registry
        )
        self._seconds = Histogram(
            "photobatch_http_request_seconds",
            "From a request to its answer's first byte.",
            labels,
            buckets=_BUCKETS_S,
            registry=self._registry,
        )

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return the application with a counter around it."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            begun = time.perf_counter()

            async def sent(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._count(scope, message["status"], time.perf_counter() - begun)
                await send(message)

            await app(scope, receive, sent)

        return counted

    def text(self, told: dict[str, Any] | None) -> bytes:
        """Return all metrics; `told` is the coordinator's part, None if there is no coordinator."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Told(told))
        return generate_latest(self._registry) + generate_latest(registry)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        # The declared route: ids in paths would each make a series.
        route = getattr(scope.get("route"), "path", "none")
        self._answers.labels(scope["method"], route, str(status), *self._replica).inc()
        self._seconds.labels(scope["method"], route, *self._replica).observe(seconds)


class _Told(Collector):
    """The coordinator's counters, as metrics."""

    def __init__(self, told: dict[str, Any] | None) -> None:
        self._told = told

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        told = self._told
        yield gauge("photobatch_up", "Whether a coordinator answers.", 0.0 if told is None else 1.0)
        if told is None:
            return
        yield counters("photobatch_photos", "Photos that ended.", ("outcome",), told["photos"])
        yield counters("photobatch_photo_failures", "Tries that failed.", ("code",), told["failures"])
        for name, help_text in _EVENTS.items():
            yield counter(f"photobatch_photos_{name}", help_text, told["events"][name])
        yield counter("photobatch_result_bytes", "Bytes of results, with their further outputs.", told["result_bytes"])
        yield _stages(told["stages"])
        yield gauges("photobatch_batches", "Batches that are known.", ("state",), told["batches"])
        yield gauges("photobatch_workers", "Workers.", ("state",), _without(told["workers"], "max"))
        yield gauge("photobatch_workers_max", "Workers at most.", told["workers"]["max"])
        yield counter("photobatch_worker_deaths", "Workers that ended without being told to.", told["worker_deaths"])
        yield gauge("photobatch_queue_photos", "Photos that wait.", told["queue"]["photos"])
        yield gauge("photobatch_queue_batches", "Batches with photos that wait.", told["queue"]["batches"])
        yield gauge(
            "photobatch_queue_wait_seconds",
            "For how long the batch that waits longest has been given no worker.",
            told["longest_wait_s"],
        )
        yield gauge("photobatch_hold", "Whether all stands still because the disk is full.", told["hold"] is not None)
        if told["free_bytes"] is not None:
            yield gauge("photobatch_store_free_bytes", "Room where results go.", told["free_bytes"])
        yield gauge("photobatch_journal_up", "Whether the journal answers.", told["journal"] == "ok")
        yield gauge("photobatch_workers_sick", "Whether workers end as soon as they are started.", told["sick"])
        yield gauge("photobatch_coordinator_epoch", "How many coordinators there have been.", told["epoch"])
        yield gauge("photobatch_coordinator_uptime_seconds", "Age of the coordinator.", told["uptime_s"])
        yield from node_families(told["nodes"])
        yield quarantined(told["quarantined"])


def _without(counts: dict[str, int], name: str) -> dict[str, int]:
    return {key: count for key, count in counts.items() if key != name}


def _stages(stages: dict[str, dict[str, Any]]) -> Metric:
    family = HistogramMetricFamily(
        "photobatch_stage_seconds", "What a photo's stages take; queue: until its first lease.", labels=["stage"]
    )
    for stage, told in stages.items():
        bounds = ["+Inf" if bound == float("inf") else str(bound) for bound in told["bounds"]]
        family.add_metric([stage], list(zip(bounds, told["counts"], strict=True)), told["sum"])
    return family
