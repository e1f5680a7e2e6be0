"""Presets: what there is to choose from."""

from typing import Annotated

from fastapi import APIRouter, Path

from deployments import wire
from deployments.problems import described
from deployments.routes.parts import Here
from photobatch import schemas

router = APIRouter(prefix=f"{wire.API}/presets", tags=["presets"])


@router.get("", responses=described())
async def list_presets(here: Here) -> schemas.PresetList:
    """List all presets."""
    return schemas.PresetList(items=[wire.preset(known) for known in here.services.catalogue.list()])


@router.get("/{preset_id}", responses=described("unknown_preset", "invalid_request"))
async def get(here: Here, preset_id: Annotated[str, Path(max_length=128)]) -> schemas.Preset:
    """Tell about one preset."""
    return wire.preset(here.services.catalogue.get(preset_id))
