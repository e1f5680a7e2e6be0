"""Metrics for Prometheus."""

import asyncio

from fastapi import APIRouter, Response

from actors.messages.errors import BatchError
from deployments.routes.parts import Here
from deployments.status.metrics import MEDIA_TYPE

router = APIRouter(tags=["health"])

PATIENCE_S = 2.0


@router.get(
    "/metrics", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}}
)
async def metrics(here: Here) -> Response:
    """Return the metrics of the service in Prometheus' text format."""
    told = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            told = await here.coordinator.metrics()
    except (BatchError, TimeoutError):  # the scrape then shows photobatch_up 0
        pass
    return Response(here.requests.text(told), media_type=MEDIA_TYPE)
