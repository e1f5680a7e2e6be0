"""Spans of requests. Imported only where requests are traced."""

from typing import TYPE_CHECKING

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.wire.wire import API, TRACEPARENT

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

UNTRACED = ("/metrics", f"{API}/health")  # asked again and again, by machines

_contexts = TraceContextTextMapPropagator()


class RequestSpans:
    """Makes a span of each HTTP request, until the end of its answer, below the client's `traceparent` if it sends one.

    Attributes follow OpenTelemetry's conventions for HTTP, without addresses: paths may contain keys of links.
    """

    def __init__(self, app: ASGIApp, tracer: "Tracer") -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on."""
        if scope["type"] != "http" or scope["path"].startswith(UNTRACED):
            await self._app(scope, receive, send)
            return
        span = self._begun(scope)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                _answered(span, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            route = getattr(scope.get("route"), "path", None)
            if route is not None:
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.route", route)
            span.end()

    def _begun(self, scope: Scope) -> Span:
        """Start the span, and leave its `traceparent` in the scope for whoever works for this request later."""
        headers = Headers(scope=scope)
        parent = _contexts.extract({name: headers[name] for name in ("traceparent", "tracestate") if name in headers})
        about = {"http.request.method": scope["method"], "url.scheme": scope["scheme"]}
        span = self._tracer.start_span(scope["method"], parent, SpanKind.SERVER, about)
        carrier: dict[str, str] = {}
        _contexts.inject(carrier, set_span_in_context(span))
        scope[TRACEPARENT] = carrier.get("traceparent")
        return span


def _answered(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_attribute("error.type", str(status))
        span.set_status(Status(StatusCode.ERROR))
