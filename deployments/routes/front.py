"""The front door, until the web page moves in."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from deployments.safe_headers import PAGE

router = APIRouter()


@router.get("/", include_in_schema=False, response_class=PlainTextResponse)
async def front() -> PlainTextResponse:
    """Point to the documentation."""
    said = "photobatch is running. The API is described at /docs.\n"
    return PlainTextResponse(said, headers={"Content-Security-Policy": PAGE})
