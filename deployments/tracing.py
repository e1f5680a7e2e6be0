"""Traces by OpenTelemetry: the tracer of a process. Its SDK is imported only where traces are asked for."""

import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from deployments.settings import pass_on
from photobatch import __version__

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

log = logging.getLogger(__name__)

PROTOCOL = "http/protobuf"
SELDOM_S = 60.0  # between two lines about a receiver that is away, of which the exporter writes four for each try


def open_tracer(variables: Mapping[str, str], instance: str) -> "Tracer | None":
    """Return a tracer that sends spans from a thread of its own and drops what it cannot send.

    `variables` are OpenTelemetry's own, which the SDK reads from the environment; those of this node count more.
    `instance` names this process. None, with a line in the log, where no tracer can be made.
    """
    pass_on(variables)
    spoken = variables.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or variables.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    if spoken not in (None, PROTOCOL):
        log.warning("nothing is traced: OTEL_EXPORTER_OTLP_PROTOCOL is %s, and only %s is spoken", spoken, PROTOCOL)
        return None
    try:
        return _tracer(instance)
    except ImportError as error:
        log.warning("nothing is traced: %s; pip install 'photobatch[otel]'", error)
    except Exception as error:  # noqa: BLE001 - of an OTEL_* variable, say: photos are worth more than their traces
        log.warning("nothing is traced: %s: %s", type(error).__name__, error)
    return None


def _tracer(instance: str) -> "Tracer":
    from opentelemetry.exporter.otlp.proto.http import trace_exporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    resource = Resource.create({SERVICE_INSTANCE_ID: instance, SERVICE_VERSION: __version__})
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: "photobatch"}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)  # a dead receiver would delay the end
    provider.add_span_processor(BatchSpanProcessor(trace_exporter.OTLPSpanExporter()))
    logging.getLogger(trace_exporter.__name__).addFilter(_Seldom())
    return provider.get_tracer("photobatch", __version__)


class _Seldom(logging.Filter):
    """Lets one line through, and then none for a while."""

    def __init__(self) -> None:
        super().__init__()
        self._last = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is written."""
        if time.monotonic() - self._last < SELDOM_S:
            return False
        self._last = time.monotonic()
        return True
