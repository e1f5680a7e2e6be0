"""The HTTP application."""

import gc
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from deployments.files.archive import Archives
from deployments.gate.gate import Gate
from deployments.gate.patience import Patience
from deployments.intake.additions import Additions
from deployments.intake.looks import Looks
from deployments.intake.signed_uploads import SignedUploads
from deployments.intake.submission import Submissions
from deployments.intake.upload_claims import UploadClaims
from deployments.intake.uploads import Uploads
from deployments.routes import (
    archive,
    batches,
    checks,
    docs,
    front,
    health,
    luts,
    metrics,
    openapi,
    photos,
    presets,
    progress,
    shares,
    sliders,
    uploads,
)
from deployments.routes.owners import Owners
from deployments.routes.parts import Parts
from deployments.services import Services
from deployments.status.feed import Feeds
from deployments.status.metrics import Requests
from deployments.status.vitals import Vitals
from deployments.wire import problems
from deployments.wire.request_ids import HEADER, RequestIds
from deployments.wire.safe_headers import SafeHeaders

_DESCRIPTION = (
    "Batches of photos, retouched. Errors are RFC 9457 problem details with a stable `code`. Progress comes by "
    "WebSocket at `/ws/batch/{task_id}?since=N` (messages like those of the event stream; close codes 1000 done, "
    "1011 internal error, 1013 try again later, 4400 bad `since`, 4401 not allowed, 4404 no such batch). If the "
    "service has API keys, a request sends one as `Authorization: Bearer KEY` or `X-API-Key: KEY`, and a WebSocket "
    "of a browser as a subprotocol: `new WebSocket(url, ['photobatch', 'photobatch.key.' + key])`; never in an "
    "address. EventSource cannot send a key: read the event stream with `fetch`. Items of other users are `404`, as "
    "if they did not exist."
)


_CORS = {
    "allow_methods": ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
    "allow_headers": (
        "Authorization",
        "X-API-Key",
        "Idempotency-Key",
        "Last-Event-ID",
        HEADER,
        "Range",
        "If-Range",
        "If-None-Match",
        "traceparent",
    ),
    "expose_headers": ("Location", "ETag", "Content-Disposition", "Content-Range", "Retry-After", HEADER),
}


def create_api(services: Services) -> FastAPI:
    """Return the application over these services. Call it where its event loop runs, or before the loop starts."""
    api = FastAPI(
        title="photobatch",
        version=services.version,
        description=_DESCRIPTION,
        docs_url=None,  # FastAPI's own page loads scripts from another host
        redoc_url=None,
        servers=[{"url": "/", "description": "this service"}],
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,  # a redirect would name the host as the server sees it, not as the client does
    )
    claims = UploadClaims(services.coordinator, services.limits.max_bytes)
    stored = Uploads(services.blobs, services.limits, services.least_room, claims)
    looks = Looks(services, stored)
    requests = Requests(services.replica)
    api.state.parts = Parts(
        services=services,
        uploads=stored,
        signed_uploads=SignedUploads(services.blobs, stored, on=services.signed_uploads),
        submissions=Submissions(services, stored, looks),
        additions=Additions(services, stored, looks),
        feeds=Feeds(services.coordinator),
        vitals=Vitals(services),
        looks=looks,
        owners=Owners(services.coordinator),
        requests=requests,
        archives=Archives(),
    )
    for routes in (checks, batches, photos, archive, shares, progress, uploads, presets, sliders, luts):
        api.include_router(routes.router)
    for routes in (health, metrics, front, docs):
        api.include_router(routes.router)
    api.router.routes.append(front.files)
    for kind, options in reversed(_before(services)):  # the last one added runs first
        api.add_middleware(kind, **options)
    api.add_middleware(requests.around)  # outermost, so that refused requests are counted too
    if services.tracer is not None:
        from deployments.status.request_spans import RequestSpans  # noqa: PLC0415 - it imports OpenTelemetry

        api.add_middleware(RequestSpans, tracer=services.tracer)
    problems.install(api)
    openapi.install(api)
    gc.freeze()  # exclude permanent objects: they make each full collection 90 ms longer
    return api


def _before(services: Services) -> list[tuple[Any, dict[str, Any]]]:
    """Return the middleware that a request passes before its route."""
    origins = services.access.origins
    cors = [(CORSMiddleware, {"allow_origins": origins, **_CORS})] if origins else []
    safe = {"origins": services.access.origins}
    return [(RequestIds, {}), (SafeHeaders, safe), *cors, (Gate, {"access": services.access}), (Patience, {})]
