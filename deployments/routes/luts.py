"""LUTs of users, which presets name."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from deployments.intake.bodies import whole
from deployments.intake.looks import MAX_LUT_BYTES
from deployments.routes.openapi import UPLOAD_BODY
from deployments.routes.parts import Here, User
from deployments.wire import wire
from deployments.wire.problems import described
from photobatch import schemas

router = APIRouter(prefix=f"{wire.API}/luts", tags=["presets"])

_REFUSALS = (
    "forbidden",
    "invalid_lut",
    "too_large",
    "invalid_request",
    "storage_full",
    "storage_unavailable",
    "unavailable",
)


@router.get("", responses=described("invalid_request", "forbidden", "unavailable"))
async def list_luts(here: Here, user: User) -> schemas.LutList:
    """List your LUTs."""
    return schemas.LutList(items=await here.looks.luts(user))


@router.post("", status_code=201, responses=described(*_REFUSALS), openapi_extra=UPLOAD_BODY)
async def put_lut(
    request: Request,
    here: Here,
    name: Annotated[str, Query(min_length=1, max_length=200, description="The name by which presets use it.")],
    user: User,
) -> schemas.Lut:
    """Store a LUT: a `.cube` file or a Hald PNG as the body. Presets made with an earlier LUT of that name keep it."""
    return await here.looks.put_lut(user, name, bytes(await whole(request, MAX_LUT_BYTES)))


@router.delete(
    "/{name}", status_code=204, responses=described("unknown_lut", "invalid_request", "forbidden", "unavailable")
)
async def delete_lut(here: Here, name: Annotated[str, Path(max_length=200)], user: User) -> None:
    """Remove a LUT's name; presets and batches that use the LUT keep it."""
    await here.looks.delete_lut(user, name)
