"""Uploads: one file in each request."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from deployments.gate.access import ANONYMOUS
from deployments.intake.upload_claims import declared_size
from deployments.routes.openapi import UPLOAD_BODY
from deployments.routes.parts import Caller, Here
from deployments.wire import wire
from deployments.wire.problems import ApiError, described
from photobatch import schemas

router = APIRouter(prefix=f"{wire.API}/uploads", tags=["uploads"])

_REFUSALS = (
    "invalid_request",
    "empty_file",
    "truncated",
    "corrupt",
    "too_large",
    "too_many_pixels",
    "unsupported_media",
    "unsupported_bit_depth",
    "too_many_uploads",
    "storage_full",
    "storage_unavailable",
    "unavailable",
)


@router.post("", status_code=201, responses=described(*_REFUSALS), openapi_extra=UPLOAD_BODY)
async def upload(
    request: Request,
    here: Here,
    caller: Caller,
    name: Annotated[str, Query(max_length=1000, description="Its file name.")] = "",
) -> schemas.Upload:
    """Store one photo; batches name it by its `source`. The body is the file itself."""
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        detail = "Send the file itself as the body (curl --data-binary @photo.jpg), not a form."
        raise ApiError("unsupported_media", detail)
    stored = await here.uploads.take(request.stream(), name, caller or ANONYMOUS, declared_size(request))
    return schemas.Upload(
        id=stored.id,
        source=stored.source,
        name=stored.name,
        bytes=stored.bytes,
        sha256=stored.sha256,
        width=stored.width,
        height=stored.height,
        format=stored.format,
    )
