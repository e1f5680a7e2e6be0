"""Counters of this coordinator since its start, for metrics.

No counter is kept by batch or photo, because their number would grow for ever.
"""

from bisect import bisect_left
from collections import Counter
from itertools import accumulate

from actors.messages.records import Json, Outcome

# Start at 0, so that an alert sees the first one.
OURS = ("internal_error", "storage_error", "timed_out", "worker_crashed")
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


class Histogram:
    """A histogram of seconds with cumulative buckets."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count a value."""
        self._counts[bisect_left(BOUNDS_S, seconds)] += 1
        self._sum += seconds

    def snapshot(self) -> Json:
        """Return the sum, and the count up to each bound; the last bound is infinite."""
        return {"bounds": [*BOUNDS_S, float("inf")], "counts": list(accumulate(self._counts)), "sum": self._sum}


class Counters:
    """Counts photos by outcome, failures by code, and the seconds of stages."""

    def __init__(self) -> None:
        self._photos: Counter[str] = Counter(succeeded=0, failed=0, cancelled=0)
        self._failures: Counter[str] = Counter(dict.fromkeys(OURS, 0))
        self._events: Counter[str] = Counter(retried=0, reused=0, lease_lost=0, struck=0)
        self._deaths = 0
        self._bytes = 0
        self._stages: dict[str, Histogram] = {}

    def reported(self, outcome: Outcome, *, final: bool) -> None:
        """Count a report that was accepted."""
        for stage, took_ms in outcome.timings_ms.items():
            self._took(stage, took_ms / 1000)
        if outcome.error is not None:
            self._failures[outcome.error["code"]] += 1
        if not final:
            self._events["retried"] += 1
        elif outcome.light is not None:
            return
        elif outcome.result is not None:
            self._photos["succeeded"] += 1
            variants = outcome.result.get("also", {}).values()
            self._bytes += outcome.result["bytes"] + sum(one["bytes"] for one in variants)
        else:
            self._photos["failed"] += 1
        self._events["reused"] += outcome.reused

    def waited(self, seconds: float) -> None:
        """Count how long a photo waited for its first lease."""
        self._took("queue", seconds)

    def cancelled(self, photos: int) -> None:
        """Count cancelled photos."""
        self._photos["cancelled"] += photos

    def lost(self, leases: int) -> None:
        """Count leases that ended without a report: their worker died or was given up."""
        self._events["lease_lost"] += leases

    def struck(self) -> None:
        """Count a photo that was being computed when its worker died."""
        self._events["struck"] += 1

    def died(self) -> None:
        """Count a worker that died."""
        self._deaths += 1

    def snapshot(self) -> Json:
        """Return all counters."""
        return {
            "photos": dict(self._photos),
            "failures": dict(self._failures),
            "events": dict(self._events),
            "worker_deaths": self._deaths,
            "result_bytes": self._bytes,
            "stages": {stage: histogram.snapshot() for stage, histogram in self._stages.items()},
        }

    def _took(self, stage: str, seconds: float) -> None:
        self._stages.setdefault(stage, Histogram()).add(seconds)
