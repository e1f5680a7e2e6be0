"""Health: whether a batch submitted now would be processed, and whether this process answers at all."""

from fastapi import APIRouter, Response

from deployments.routes.parts import Here
from deployments.wire import wire
from deployments.wire.problems import described
from photobatch import schemas

router = APIRouter(prefix=f"{wire.API}/health", tags=["health"])


@router.get("", responses={503: {"model": schemas.Health, "description": "Not now; `reason` says why."}, **described()})
async def health(here: Here, response: Response) -> schemas.Health:
    """Tell whether a batch submitted now would be processed."""
    found = await here.vitals.take()
    response.headers["Cache-Control"] = "no-store"
    if found.status != "ok":
        response.status_code = 503
    return found


@router.get("/live", responses=described())
async def live() -> dict[str, str]:
    """Answer: this process is alive, whatever else may be wrong."""
    return {"status": "ok"}
