"""The photos of a batch: their list, and their bytes."""

from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from actors.sources.fetch import allowed_path
from deployments.files.streams import BlobBytes, FileBytes, media_type_of, redirect, send
from deployments.routes.openapi import APPEND_BODY, BINARY
from deployments.routes.parts import Caller, Here, PageSize, Parts, TaskId
from deployments.wire import wire
from deployments.wire.names import names_of, safe_name, told_of
from deployments.wire.problems import ApiError, described
from photobatch import schemas
from photobatch.file_names import safe
from storage.keys import upload_key

router = APIRouter(prefix=f"{wire.API}/batch/{{task_id}}/photos", tags=["photos"])

Index = Annotated[int, Path(ge=0, le=10**9, description="The photo's position in its batch, from 0.")]
Variant = Annotated[str | None, Query(max_length=32, description="The name of one of `also` of the output options.")]
Cursor = Annotated[str | None, Query(pattern="^[0-9]{1,9}$", description="`next_cursor` of the previous page.")]
At = Annotated[
    int | None,
    Query(
        ge=0,
        le=10**9,
        description="How many photos the batch has before these. With it a request may be repeated: photos that are "
        "there are not added again.",
    ),
]
_REFUSALS = (
    *("invalid_json", "invalid_form", "invalid_request", "invalid_params", "invalid_source", "forbidden_path"),
    *(
        "no_photos",
        "not_found",
        "unknown_lut",
        "too_many_photos",
        "too_large",
        "too_many_uploads",
        "unsupported_media",
        "queue_full",
    ),
    *("journal_unavailable", "journal_behind", "storage_full", "storage_unavailable", "unavailable"),
)
_BYTES: dict[int | str, dict[str, Any]] = {
    # An original whose name is no picture's, such as a RAW file, is sent as bytes of an unknown kind.
    200: {"description": "The file.", "content": {"image/*": BINARY, "application/octet-stream": BINARY}},
    206: {"description": "The requested range."},
    307: {"description": "A temporary address at the store (BATCH_SIGNED_DOWNLOADS): follow Location."},
    304: {"description": "The client already has it."},
    **described(
        *("not_found", "not_ready", "invalid_request", "range_not_satisfiable"),
        *("journal_unavailable", "journal_behind", "unavailable", "storage_unavailable"),
    ),
}


@router.get(
    "", responses=described("not_found", "invalid_request", "journal_unavailable", "journal_behind", "unavailable")
)
async def list_photos(
    here: Here,
    task_id: TaskId,
    status: schemas.PhotoStatus | None = None,
    limit: PageSize = 100,
    cursor: Cursor = None,
) -> schemas.PhotoList:
    """List a batch's photos in their order."""
    page = await here.coordinator.photos(task_id, status and status.value, limit, cursor)
    items = [wire.photo(task_id, view) for view in page["items"]]
    return schemas.PhotoList(items=items, next_cursor=page["next_cursor"])


@router.post(
    "", status_code=202, responses=described(*_REFUSALS, "append_conflict", "batch_closed"), openapi_extra=APPEND_BODY
)
async def append_photos(request: Request, here: Here, task_id: TaskId, caller: Caller, at: At = None) -> schemas.Batch:
    """Append photos to an open batch, in the order `image_urls`, `photos`, `files`."""
    return wire.batch(await here.additions.append(request, task_id, at, caller))


@router.post(
    "/{index}/adjust",
    status_code=202,
    responses=described(
        *("not_found", "unknown_lut", "photo_active", "too_many_attempts", "invalid_params", "invalid_request"),
        *("invalid_source", "forbidden_path", "journal_unavailable", "journal_behind", "unavailable"),
    ),
)
async def adjust_photo(
    here: Here, task_id: TaskId, index: Index, asked: schemas.Adjustment, caller: Caller
) -> schemas.Photo:
    """Compute a photo again with its own parameters; if that fails, it is as before. An ended batch goes on for it."""
    photo = await here.additions.adjust(task_id, index, asked.preset_params, caller)
    return wire.photo(task_id, photo)


async def result(request: Request, here: Here, task_id: TaskId, index: Index, variant: Variant = None) -> Response:
    """Send the retouched photo, or one of its further outputs."""
    photo = await here.coordinator.photo(task_id, index)
    found = _result(photo)
    batch = await here.coordinator.get(task_id)
    if variant is not None:
        if variant not in found["also"]:
            raise ApiError("not_found", f"This photo has no output named {variant:.40}; see `also` of its result.")
        found = found["also"][variant]
    name = names_of(batch).name(*told_of(photo, variant))
    media_type = f"image/{found['format']}"
    return await _send(request, here, found["key"], etag=f'"{found["sha256"]}"', media_type=media_type, name=name)


async def thumbnail(request: Request, here: Here, task_id: TaskId, index: Index) -> Response:
    """Send a small JPEG of the result."""
    photo = await here.coordinator.photo(task_id, index)
    found = _result(photo)
    if not found.get("thumbnail_key"):
        raise ApiError("not_found", "This photo has no thumbnail.")
    name = safe(f"{PurePosixPath(photo['name']).stem}-thumbnail.jpg")
    key, etag = found["thumbnail_key"], f'"{found["sha256"]}-thumbnail"'
    return await _send(request, here, key, etag=etag, media_type="image/jpeg", name=name)


async def original(request: Request, here: Here, task_id: TaskId, index: Index) -> Response:
    """Send the original photo."""
    photo = await here.coordinator.photo(task_id, index)
    name = safe(safe_name(photo["name"]))
    content, etag = await _original(here, photo)
    if isinstance(content, str):
        return await _send(request, here, content, etag=etag, media_type=media_type_of(name), name=name)
    return send(request, content, etag=etag, media_type=media_type_of(name), name=name)


async def _send(request: Request, here: Parts, key: str, *, etag: str, media_type: str, name: str) -> Response:
    """Send a blob, or a redirect to the store."""
    blobs = here.services.blobs
    if here.services.signed_downloads and not _of_our_page(request):
        expires_in_s, method = here.services.signed_downloads, request.method
        if address := await blobs.sign(key, expires_in_s, method):
            return redirect(request, address, etag=etag, name=name, media_type=media_type)
    return send(request, await BlobBytes.find(blobs, key), etag=etag, media_type=media_type, name=name)


def _of_our_page(request: Request) -> bool:
    """Say whether our own page makes the request: its policy forbids requests to other hosts, even to the store."""
    said = request.headers
    return said.get("sec-fetch-site") == "same-origin" and said.get("sec-fetch-mode") == "cors"


async def _original(here: Parts, photo: dict[str, Any]) -> tuple[str | FileBytes, str]:
    """Return the blob or file of the original, and its ETag: the stored copy, else the upload or file."""
    if key := original_blob(photo):
        return key, f'"{(photo["result"] or {}).get("input_sha256") or key}"'
    if photo["source"].startswith("file:"):
        file = await FileBytes.find(allowed_path(photo["source"], here.services.roots.files))
        return file, f'W/"{file.changed_ns:x}-{file.size:x}"'
    raise ApiError("not_found", "The original of this photo was not kept; it is kept once a photo has succeeded.")


def original_blob(photo: dict[str, Any]) -> str | None:
    """Return the key of the original among our blobs: its copy, else the upload; None where it lies elsewhere."""
    scheme, _, rest = photo["source"].partition(":")
    key: str | None = (photo["result"] or {}).get("original_key")
    return key or (upload_key(rest) if scheme == "upload" else None)


def _result(photo: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] | None = photo["result"]
    if found is not None:
        return found
    if error := photo["error"]:
        raise ApiError("not_ready", f"This photo has no result: {error['message']} ({error['code']})")
    raise ApiError("not_ready", f"This photo is {photo['status']}; it has no result yet.")


for _endpoint in (result, thumbnail, original):
    _path = f"/{{index}}/{_endpoint.__name__}"
    router.add_api_route(_path, _endpoint, methods=["GET"], responses=_BYTES, response_class=Response)
    router.add_api_route(_path, _endpoint, methods=["HEAD"], include_in_schema=False)
