"""A real HTTP server that answers as a service may: slowly, busy, cut off, or with a redirect."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from photobatch.schemas import Batch, Counts, OutputOptions, Photo, PhotoResult, PresetRef
from tests.deployments.in_process import served

PICTURE = bytes(range(256)) * 800


class Service:
    """What was asked, and what is answered in place of the ordinary, once for each that is put there."""

    def __init__(self) -> None:
        self.url = ""
        self.uploading = self.most_uploading = 0
        self.received: list[bytes] = []
        self.submits: list[tuple[str, dict[str, Any]]] = []
        self.instead: dict[str, deque[Response | None]] = {
            "upload": deque(),
            "submit": deque(),
            "share": deque(),
        }
        self.store = self.elsewhere_to = ""
        self.sent = PICTURE
        self.keys: list[str | None] = []

    async def upload(self, request: Request) -> Response:
        self.uploading += 1
        self.most_uploading = max(self.most_uploading, self.uploading)
        try:
            body = await request.body()
            await asyncio.sleep(0.005)
        finally:
            self.uploading -= 1
        if self.instead["upload"]:
            return self.instead["upload"].popleft() or Cut()
        self.received.append(body)
        name = request.query_params["name"]
        told = {"id": name, "source": f"upload:{name}", "name": name, "bytes": len(body)}
        sha256 = hashlib.sha256(body).hexdigest()
        return JSONResponse(told | {"sha256": sha256, "width": 1, "height": 1, "format": "jpeg"}, 201)

    async def submit(self, request: Request) -> Response:
        self.submits.append((request.headers["idempotency-key"], await request.json()))
        if self.instead["submit"]:
            return self.instead["submit"].popleft() or Cut()
        told = {"task_id": "b1", "status": "queued", "total": 1, "eta_s": None}
        return JSONResponse(told | {"websocket_url": "", "events_url": "", "status_url": ""}, 202)

    async def share(self, request: Request) -> Response:
        return self.instead["share"].popleft() or Cut()

    async def batch(self, request: Request) -> Response:
        return answer(BATCH)

    async def photos(self, request: Request) -> Response:
        sha256 = hashlib.sha256(PICTURE).hexdigest()
        url = f"{self.store}/api/v1/batch/b1/photos/0/result"
        result = PhotoResult(
            url=url, thumbnail_url="", width=1, height=1, bytes=len(PICTURE), format="jpeg", sha256=sha256
        )
        photo = Photo(index=0, name="a.jpg", source="upload:a", status="succeeded", attempts=1, result=result)
        return JSONResponse({"items": [photo.model_dump(mode="json")], "next_cursor": None})

    async def result(self, request: Request) -> Response:
        self.keys.append(request.headers.get("authorization"))
        return Response(self.sent, media_type="image/jpeg")

    async def elsewhere(self, request: Request) -> Response:
        return RedirectResponse(self.elsewhere_to, 307)

    def app(self) -> Starlette:
        below = "/api/v1/batch"
        return Starlette(
            routes=[
                Route("/api/v1/uploads", self.upload, methods=["POST"]),
                Route(f"{below}/submit", self.submit, methods=["POST"]),
                Route(f"{below}/b1", self.batch),
                Route(f"{below}/b1/share", self.share, methods=["POST"]),
                Route(f"{below}/b1/photos", self.photos),
                Route(f"{below}/b1/photos/0/result", self.result),
                Route("/elsewhere/api/v1/batch/b1/photos/0/result", self.elsewhere),
            ]
        )


class Cut(Response):
    """Ends the connection instead of answering."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b"{"})  # uvicorn hangs up on an answer that is too short


@asynccontextmanager
async def scripted() -> AsyncIterator[Service]:
    service = Service()
    async with served(service.app()) as host:
        service.url = f"http://{host}"
        yield service


def problem(status: int, code: str, **headers: str) -> Response:
    told = {"title": "", "status": status, "detail": "It is so.", "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse(told, status, named, "application/problem+json")


def answer(model: Any) -> Response:
    return JSONResponse(model.model_dump(mode="json"))


BATCH = Batch(
    task_id="b1",
    user_id="anonymous",
    status="completed",
    preset=PresetRef(id="filter_warm", type="filter", version=1, params={}),
    output=OutputOptions(),
    priority=5,
    metadata={},
    created_at="2026-01-01T00:00:00Z",
    started_at=None,
    finished_at=None,
    expires_at=None,
    counts=Counts(total=1, queued=0, processing=0, succeeded=1, failed=0, cancelled=0),
    progress=1.0,
    photos_per_s=None,
    eta_s=None,
    eta_low_s=None,
    eta_high_s=None,
    version=1,
)
