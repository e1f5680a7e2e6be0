"""Uploads: one file in each request, or one that its client sends to the store itself."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from deployments.gate.access import ANONYMOUS
from deployments.intake.bodies import pieces
from deployments.intake.upload_claims import declared_size
from deployments.intake.uploads import Upload
from deployments.routes.json_route import JsonRoute
from deployments.routes.openapi import UPLOAD_BODY
from deployments.routes.parts import Caller, Here
from deployments.wire import wire
from deployments.wire.problems import ApiError, described
from photobatch import schemas

router = APIRouter(prefix=f"{wire.API}/uploads", tags=["uploads"], route_class=JsonRoute)

Changed = Annotated[
    str | None,
    Query(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$",
        description="The local time of the file, for `{date}` in names where its EXIF has none.",
    ),
]
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
    changed: Changed = None,
) -> schemas.Upload:
    """Store one photo; batches name it by its `source`. The body is the file itself."""
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        detail = "Send the file itself as the body (curl --data-binary @photo.jpg), not a form."
        raise ApiError("unsupported_media", detail)
    return _told(await here.uploads.take(pieces(request), name, caller or ANONYMOUS, declared_size(request), changed))


@router.post(
    "/signed",
    status_code=201,
    responses=described(
        "invalid_json",
        "invalid_request",
        "cannot_sign",
        "too_large",
        "too_many_uploads",
        "storage_unavailable",
        "unavailable",
    ),
)
async def begin_upload(here: Here, file: schemas.SignedUploadInput, caller: Caller) -> schemas.SignedUpload:
    """Return an address at the store for one file: its bytes do not pass the service."""
    promise, url, expires = await here.signed_uploads.begin(file.name, file.bytes, caller or ANONYMOUS)
    headers = {"x-ms-blob-type": "BlockBlob"} if here.services.blobs.url.startswith("az:") else {}
    expires_at = datetime.fromtimestamp(expires, UTC)
    return schemas.SignedUpload(id=promise.id, url=url, headers=headers, expires_at=expires_at)


@router.post(
    "/{upload_id}/accept",
    responses=described(
        "upload_not_found", "upload_incomplete", *(code for code in _REFUSALS if code != "storage_full")
    ),
)
async def accept_upload(
    here: Here,
    upload_id: Annotated[str, Path(max_length=128, description="The `id` of the signed upload.")],
    caller: Caller,
    changed: Changed = None,
) -> schemas.Upload:
    """Examine the file that was sent to the store; batches name it by its `source` from then on."""
    return _told(await here.signed_uploads.accept(upload_id, caller or ANONYMOUS, changed))


def _told(upload: Upload) -> schemas.Upload:
    return schemas.Upload.model_validate(asdict(upload) | {"source": upload.source})
