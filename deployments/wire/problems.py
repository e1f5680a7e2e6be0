"""Errors on the wire: RFC 9457 problem details, made from errors of every layer."""

import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from actors.messages.errors import BatchError
from deployments.wire import explain, safe_headers
from deployments.wire.codes import CODES, PROBLEMS
from deployments.wire.json_pieces import LARGEST
from deployments.wire.request_ids import HEADER, request_id
from models.errors import PhotoError
from photobatch import schemas
from presets.errors import PresetError
from storage.errors import BlobNotFoundError, InvalidKeyError, StorageError, StorageFullError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_EXAMPLE = "#/components/examples/{code}"
_OF_STATUS = {
    400: "invalid_json",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_media",
}
_SAID = {
    400: "The body can't be read: send JSON in UTF-8, with numbers and depth as people write them.",
    404: "There is nothing at this address; /docs lists what there is.",
    405: "This address does not take that method; the Allow header names those that it takes.",
    408: "The request took too long to arrive; send it again, over a faster line if there is one.",
    413: f"The request is larger than {LARGEST >> 10} KB, which is the limit here.",
}
_STORAGE_RETRY_S = 5.0


class ApiError(Exception):
    """A request that the ingress itself refuses; `field` names what is wrong in it."""

    def __init__(self, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(code, detail, field)
        self.code = code
        self.detail = detail
        self.field = field


def problem(
    code: str,
    detail: str,
    *,
    field: str | None = None,
    status: int | None = None,
    retry_after_s: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the problem as a response; an unknown code is the client's mistake (422)."""
    status = status or PROBLEMS.get(code, 422)
    shown = {**safe_headers.DEFAULTS, **(headers or {})}  # here too: a bug's answer passes by what sets them
    if name := request_id():
        shown[HEADER] = name
    if status == HTTPStatus.UNAUTHORIZED:
        shown["WWW-Authenticate"] = "Bearer"
    if retry_after_s is not None:
        shown["Retry-After"] = str(math.ceil(retry_after_s))
    return JSONResponse(_body(code, detail, status, field), status, shown, MEDIA_TYPE)


def _body(code: str, detail: str, status: int, field: str | None = None) -> dict[str, Any]:
    said = schemas.Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, code=code, field=field)
    return said.model_dump(exclude_none=True)


def of_error(error: Exception) -> JSONResponse:
    """Return any exception as a problem; what we don't know says nothing but that it happened."""
    match error:
        case BatchError() | ApiError() | PresetError() | PhotoError():
            field, wait = getattr(error, "field", None), getattr(error, "retry_after_s", None)
            return problem(error.code, error.detail, field=field, retry_after_s=wait)
        case RequestValidationError():
            code, detail, field = explain.first(error.errors())
            return problem(code, detail, field=field)
        case StorageError():
            return _of_storage(error)
        case HTTPException():
            return _of_http(error)
        case ClientDisconnect():
            return problem("bad_request", "The client left before its request was complete.")
    log.error("a request failed", exc_info=error, extra={"request": request_id()})
    return problem("internal_error", "Something went wrong here, not in your request; try again, and report it.")


def _of_storage(error: StorageError) -> JSONResponse:
    match error:
        case BlobNotFoundError() | InvalidKeyError():
            return problem("not_found", "There is no such file; it may have been deleted or have expired.")
        case StorageFullError():
            return problem("storage_full", "The server has no room left; delete batches or ask its keeper for room.")
    log.error("the blob store failed", exc_info=error, extra={"request": request_id()})
    detail = "The server's store does not answer; try again in a few seconds."
    return problem("storage_unavailable", detail, retry_after_s=_STORAGE_RETRY_S)


def _of_http(error: HTTPException) -> JSONResponse:
    if isinstance(error.__cause__, ApiError | BatchError):  # FastAPI wraps what goes wrong while it reads a body
        return of_error(error.__cause__)
    status = error.status_code
    code = _OF_STATUS.get(status, "bad_request" if status < 500 else "internal_error")
    detail = _SAID.get(status, f"The request could not be taken: {HTTPStatus(status).phrase}.")
    return problem(code, detail, status=status, headers=error.headers)


def install(api: FastAPI) -> None:
    """Make every error of an application a problem."""
    known = (
        BatchError,
        ApiError,
        PresetError,
        PhotoError,
        RequestValidationError,
        StorageError,
        HTTPException,
        ClientDisconnect,
    )
    for kind in (*known, Exception):
        api.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> JSONResponse:
    answer = of_error(error)
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return answer


def _methods(request: Request) -> set[str]:
    """Return the methods of a path; FastAPI names those of one of its routes."""
    routes = [route for route in iter_route_contexts(request.app.routes) if route.methods]
    path = next((route.path for route in routes if route.path_regex.match(request.url.path)), None)
    return {method for route in routes if route.path == path for method in route.methods or ()}


def described(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` of a route that answers these problems."""
    by_status: dict[int, list[str]] = {}
    for code in (*codes, "internal_error"):
        by_status.setdefault(PROBLEMS[code], []).append(code)
    return {status: _response(status, names) for status, names in sorted(by_status.items())}


def examples() -> dict[str, Any]:
    """Return OpenAPI `components.examples`: a problem of each code."""
    words = {code: f"{CODES[code].meaning} {CODES[code].advice}" for code in PROBLEMS}
    return {code: {"value": _body(code, words[code], status)} for code, status in PROBLEMS.items()}


def _response(status: int, codes: Sequence[str]) -> dict[str, Any]:
    shape: dict[str, Any] = {"$ref": "#/components/schemas/Problem"}
    content = {
        MEDIA_TYPE: {"schema": shape, "examples": {code: {"$ref": _EXAMPLE.format(code=code)} for code in codes}}
    }
    said: dict[str, Any] = {"description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}", "content": content}
    if status in {429, 503}:
        said["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return said
