"""The spans of photos, made when a worker has finished one. Imported only where photos are traced.

All times are on the worker's clock: a wait that the coordinator measured ends when its lease arrived. So the clocks of
two nodes never mix within a photo.
"""

from typing import TYPE_CHECKING

from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from actors.worker.work import Lap

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from actors.messages.records import Outcome
    from actors.worker.work import Work

Said = dict[str, str | int | bool]

LEAST_S = 0.0001  # a shorter lap gets no span

_contexts = TraceContextTextMapPropagator()


class PhotoSpans:
    """Makes the spans of one attempt at a photo: below `photo` the stages, and below `compute` its parts."""

    def __init__(self, tracer: "Tracer") -> None:
        self._tracer = tracer

    def add(self, work: "Work", outcome: "Outcome") -> None:
        """Hand the spans over for sending. Never blocks and never raises: what cannot be sent is dropped."""
        key = outcome.key
        named: Said = {"photobatch.batch.id": key.task_id, "photobatch.photo.index": key.index}
        whole = _whole(work)
        parent = _contexts.extract({"traceparent": work.job.traceparent} if work.job.traceparent else {})
        photo = self._tracer.start_span(
            "photo", parent, SpanKind.CONSUMER, {**named, **_about(outcome)}, start_time=_ns(whole.begun)
        )
        if photo.is_recording():
            inside = compute = set_span_in_context(photo)
            for lap in _laps(work):
                span = self._tracer.start_span(
                    lap.name, inside if lap.name in _STAGES else compute, attributes=named, start_time=_ns(lap.begun)
                )
                if lap.name == "compute":
                    compute = set_span_in_context(span)
                span.end(_ns(lap.ended))
            if outcome.error is not None:
                photo.set_status(Status(StatusCode.ERROR, outcome.error["code"]))
        photo.end(_ns(whole.ended))


_STAGES = ("lease-wait", "fetch", "compute", "store")


def _whole(work: "Work") -> Lap:
    last = max([work.taken, *(lap.ended for lap in work.laps)])
    return Lap("photo", work.taken - (work.lease.waited_s or 0.0), last)


def _laps(work: "Work") -> list[Lap]:
    waited_s = work.lease.waited_s
    wait = [Lap("lease-wait", work.taken - waited_s, work.taken)] if waited_s is not None else []
    return wait + [lap for lap in work.laps if lap.name in _STAGES or lap.ended - lap.begun >= LEAST_S]


def _about(outcome: "Outcome") -> Said:
    about: Said = {"photobatch.attempt": outcome.key.attempt, "photobatch.reused": outcome.reused}
    if outcome.result is not None:
        about["photobatch.result.bytes"] = outcome.result["bytes"]
    if outcome.error is not None:
        about["error.type"] = outcome.error["code"]
    return about


def _ns(unix_s: float) -> int:
    return int(unix_s * 1e9)
