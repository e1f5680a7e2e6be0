"""The HTTP application."""

from fastapi import FastAPI

from deployments import openapi, problems
from deployments.feed import Feeds
from deployments.looks import Looks
from deployments.metrics import Requests
from deployments.routes import batches, front, health, luts, metrics, photos, presets, progress, uploads
from deployments.routes.parts import Parts
from deployments.services import Services
from deployments.submission import Submissions
from deployments.uploads import Uploads
from deployments.vitals import Vitals

_DESCRIPTION = (
    "Batches of photos, retouched. Errors are RFC 9457 problem details with a stable `code`. Progress comes by "
    "WebSocket at `/ws/batch/{task_id}?since=N` (messages like those of the event stream; close codes 1000 done, "
    "1011 internal error, 1013 try again later, 4400 bad `since`, 4404 no such batch)."
)


def create_api(services: Services) -> FastAPI:
    """Return the application over these services. Must be called where its event loop will run, or before."""
    api = FastAPI(
        title="photobatch",
        version=services.version,
        description=_DESCRIPTION,
        redoc_url=None,
        redirect_slashes=False,  # its redirect names our host as we see it, not as the client does
    )
    stored = Uploads(services.blobs, services.limits, services.least_room)
    looks = Looks(services)
    requests = Requests()
    api.state.parts = Parts(
        services=services,
        uploads=stored,
        submissions=Submissions(services, stored, looks),
        feeds=Feeds(services.coordinator),
        vitals=Vitals(services),
        looks=looks,
        requests=requests,
    )
    api.add_middleware(requests.around)  # type: ignore[arg-type]  # Starlette says class and means callable
    for routes in (batches, photos, progress, uploads, presets, luts, health, metrics, front):
        api.include_router(routes.router)
    problems.install(api)
    openapi.install(api)
    return api
