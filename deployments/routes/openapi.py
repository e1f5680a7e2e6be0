"""The OpenAPI document: FastAPI's own, and schemas that FastAPI cannot derive."""

from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from deployments.gate.gate import is_open
from deployments.wire.codes import PROBLEMS
from deployments.wire.problems import MEDIA_TYPE, described, examples
from photobatch.schemas import AppendRequest, Problem, ProgressMessage, SubmitRequest

_REF = "#/components/schemas/{model}"


class SubmitForm(BaseModel):
    """A submit as a form: `image_urls`, `photos`, `preset_params`, `output` and `metadata` are JSON strings there."""

    model_config = ConfigDict(extra="forbid")

    user_id: str = "anonymous"
    image_urls: str = Field("[]", description="JSON: list of sources.")
    photos: str = Field("[]", description="JSON: list of {source, params}.")
    preset_id: str | None = None
    preset_type: str | None = None
    preset_params: str = Field("{}", description="JSON: parameters by name.")
    output: str = Field("{}", description="JSON: OutputOptions.")
    priority: int = Field(5, ge=0, le=9)
    metadata: str = Field("{}", description="JSON: strings by name.")
    callback_url: str | None = None
    name: str | None = None
    open: bool = False
    consistency: Literal["none", "shoot"] = "none"
    consistency_strength: float = Field(1.0, ge=0, le=1)


class SubmitFiles(SubmitForm):
    """A submit as a multipart form: the same, and any number of `files`, which are the photos."""

    files: list[str] = Field(default_factory=list, json_schema_extra={"items": {"type": "string", "format": "binary"}})


class AppendForm(BaseModel):
    """Photos to append, as a form: `image_urls` and `photos` are JSON strings there."""

    model_config = ConfigDict(extra="forbid")

    image_urls: str = Field("[]", description="JSON: list of sources.")
    photos: str = Field("[]", description="JSON: list of {source, params}.")


class AppendFiles(AppendForm):
    """Photos to append, as a multipart form: the same, and any number of `files`, which are the photos."""

    files: list[str] = Field(default_factory=list, json_schema_extra={"items": {"type": "string", "format": "binary"}})


def _body(*models: str) -> dict[str, Any]:
    kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
    shapes = dict(zip(kinds, models, strict=False))
    content = {kind: {"schema": {"$ref": _REF.format(model=model)}} for kind, model in shapes.items()}
    return {"requestBody": {"required": True, "content": content}}


CHECK_BODY = _body("SubmitRequest")
SUBMIT_BODY = _body("SubmitRequest", "SubmitForm", "SubmitFiles")
APPEND_BODY = _body("AppendRequest", "AppendForm", "AppendFiles")
BINARY = {"schema": {"type": "string", "format": "binary"}}
UPLOAD_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": BINARY}}}
_UNSEEN = (SubmitRequest, SubmitForm, SubmitFiles, AppendRequest, AppendForm, AppendFiles, Problem, ProgressMessage)


def install(api: FastAPI) -> None:
    """Install the document in an application; it is built at the first request."""

    def document() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _document(api)
        return api.openapi_schema

    api.openapi = document  # type: ignore[method-assign]


def _document(api: FastAPI) -> dict[str, Any]:
    about: dict[str, Any] = {"title": api.title, "version": api.version, "description": api.description}
    made = get_openapi(**about, routes=api.routes, servers=api.servers)
    _, unseen = models_json_schema([(model, "validation") for model in _UNSEEN], ref_template=_REF)
    known = made.setdefault("components", {}).setdefault("schemas", {})
    for name, shape in unseen["$defs"].items():
        known.setdefault(name, shape)
    made["components"]["examples"] = examples()
    made["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            _guard(path, method, operation)
    for left in ("HTTPValidationError", "ValidationError"):  # FastAPI's own errors, which are never sent
        known.pop(left, None)
    return made


def _guard(path: str, method: str, operation: dict[str, Any]) -> None:
    """Document the keys that a route needs, and how the gate refuses."""
    if is_open(path):
        return
    operation["security"] = [{"bearer": []}, {"key": []}, {}]  # the last one: services without keys
    codes = ["unauthorized", "rate_limited", "forbidden_host"]
    codes += ["too_slow", "too_large", "busy"] if "requestBody" in operation else []
    codes += ["invalid_json"] if "application/json" in operation.get("requestBody", {}).get("content", ()) else []
    codes += ["forbidden_origin"] if method != "get" else []
    answers = operation["responses"]
    for code in codes:
        status = PROBLEMS[code]
        known = answers[str(status)]["content"][MEDIA_TYPE]["examples"] if str(status) in answers else ()
        answers[str(status)] = described(*known, code)[status]
