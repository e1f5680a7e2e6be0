"""The documentation page: Swagger UI from an installed package, not from a foreign server."""

from importlib.resources import files
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from deployments.wire.safe_headers import PAGE

router = APIRouter(prefix="/docs", include_in_schema=False)

_FILES = files("fastapi_swagger") / "resources"
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>photobatch API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""
_START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null})\n'
_POLICY = PAGE.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")  # Swagger UI writes styles into elements


@router.get("")
async def page() -> HTMLResponse:
    """Show the API."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/start.js")
async def start() -> Response:
    """Start Swagger UI; in a file of its own, because the page's policy forbids inline scripts."""
    return Response(_START, media_type="text/javascript")


@router.get("/{name}")
async def file(name: Literal["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"]) -> FileResponse:
    """Send a file of Swagger UI."""
    return FileResponse(str(_FILES / name), headers={"Cache-Control": "max-age=86400"})
