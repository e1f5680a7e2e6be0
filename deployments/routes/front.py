"""The front door, until the web page moves in."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

router = APIRouter()


@router.get("/", include_in_schema=False, response_class=PlainTextResponse)
async def front() -> str:
    """Point to the documentation."""
    return "photobatch is running. The API is described at /docs.\n"
