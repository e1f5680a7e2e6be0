"""The web page: the files of web/, as they are."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from deployments.wire.safe_headers import PAGE

router = APIRouter()

_WEB = Path(__file__).parents[2] / "web"
# Revalidated each time (304): after an upgrade no browser mixes old and new files of the page.
_HEADERS = {"Cache-Control": "no-cache"}


@router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False, response_class=FileResponse)
async def front() -> FileResponse:
    """Send the page."""
    return FileResponse(_WEB / "index.html", headers={"Content-Security-Policy": PAGE, **_HEADERS})


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        """Send a file of the page; a missing one is a problem like everywhere."""
        answer = await super().get_response(path, scope)
        answer.headers.update(_HEADERS)
        return answer


files = Mount("/web", _Files(directory=_WEB))
