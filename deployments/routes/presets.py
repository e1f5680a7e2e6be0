"""Presets: built-in ones, and those of users."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from deployments.intake.bodies import whole
from deployments.intake.looks import MAX_XMP_BYTES
from deployments.routes.json_route import JsonRoute
from deployments.routes.openapi import UPLOAD_BODY
from deployments.routes.parts import Here, User
from deployments.wire import wire
from deployments.wire.problems import ApiError, described
from photobatch import schemas

router = APIRouter(prefix=f"{wire.API}/presets", tags=["presets"], route_class=JsonRoute)

PresetId = Annotated[str, Path(max_length=128)]
_RECORDED = ("unavailable", "journal_unavailable", "journal_behind")
_WRONG = ("invalid_request", "forbidden", "invalid_params", "unknown_lut", *_RECORDED)

_OF_MASKS = (
    "blocked_address",
    "fetch_failed",
    "forbidden_path",
    "forbidden_source",
    "invalid_source",
    "source_not_found",
    "source_timeout",
    "too_many_redirects",
    "unknown_host",
    "unsupported_source",
)


@router.get("", responses=described("invalid_request", "forbidden", *_RECORDED))
async def list_presets(here: Here, user: User) -> schemas.PresetList:
    """List the built-in presets, your own, and shared ones."""
    return schemas.PresetList(items=await here.looks.all(user))


@router.post("", status_code=201, responses=described("preset_exists", "too_many_presets", *_WRONG))
async def create_preset(here: Here, preset: schemas.PresetInput, response: Response, user: User) -> schemas.Preset:
    """Create a preset."""
    made = await here.looks.create(user, preset)
    response.headers["Location"] = f"{wire.API}/presets/{made.id}"
    return made


@router.post(
    "/preview",
    responses=described("upload_not_found", "unknown_preset", "no_worker", "corrupt", "truncated", *_OF_MASKS, *_WRONG),
)
async def preview_presets(here: Here, asked: schemas.PreviewRequest, user: User) -> schemas.PreviewList:
    """Return small previews of presets on one uploaded photo."""
    return schemas.PreviewList(items=await here.looks.preview(user, asked))


@router.post(
    "/import",
    responses=described("invalid_xmp", "too_large", "invalid_request", "forbidden", "unavailable"),
    openapi_extra=UPLOAD_BODY,
)
async def import_preset(
    request: Request,
    here: Here,
    user: User,
    name: Annotated[str, Query(max_length=200, description="Names the preset where the file does not.")] = "",
) -> schemas.PresetDraft:
    """Read a preset of Lightroom or Camera Raw, the `.xmp` file as the body, and return a preset to create.

    Nothing is stored.
    """
    return await here.looks.drafted(bytes(await whole(request, MAX_XMP_BYTES)), name)


@router.get("/{preset_id}", responses=described("unknown_preset", "invalid_request", "forbidden", "unavailable"))
async def get_preset(here: Here, preset_id: PresetId, user: User) -> schemas.Preset:
    """Return one preset."""
    return await here.looks.get(user, preset_id)


@router.put("/{preset_id}", responses=described("unknown_preset", "read_only", "preset_exists", *_WRONG))
async def replace_preset(here: Here, preset_id: PresetId, preset: schemas.PresetInput, user: User) -> schemas.Preset:
    """Replace a preset of yours: its version grows, and batches with an earlier version keep it."""
    if preset.id != preset_id:
        raise ApiError("invalid_request", f"The id of a preset stays: write {preset_id}, or make a new one.", "id")
    return await here.looks.change(user, preset)


@router.delete(
    "/{preset_id}",
    status_code=204,
    responses=described("unknown_preset", "read_only", "forbidden", "invalid_request", "unavailable"),
)
async def delete_preset(here: Here, preset_id: PresetId, user: User) -> None:
    """Delete a preset of yours; batches that use it keep it."""
    await here.looks.delete(user, preset_id)


@router.post(
    "/{preset_id}/duplicate",
    status_code=201,
    responses=described(
        "unknown_preset", "preset_exists", "too_many_presets", "invalid_request", "forbidden", "unavailable"
    ),
)
async def duplicate_preset(
    here: Here, preset_id: PresetId, copy: schemas.PresetCopy, response: Response, user: User
) -> schemas.Preset:
    """Copy a preset to one of your own."""
    made = await here.looks.duplicate(user, preset_id, copy)
    response.headers["Location"] = f"{wire.API}/presets/{made.id}"
    return made
