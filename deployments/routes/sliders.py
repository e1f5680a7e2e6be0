"""The sliders of presets, for whoever shows them."""

from fastapi import APIRouter

from deployments.wire import wire
from photobatch import schemas
from presets.sliders import GROUPS

router = APIRouter(prefix=f"{wire.API}/sliders", tags=["presets"])

_SLIDERS = schemas.SliderList(items=[wire.slider_group(group) for group in GROUPS])


@router.get("")
async def list_sliders() -> schemas.SliderList:
    """List the parameters of presets that are numbers, in groups, with ranges and labels, as the page shows them."""
    return _SLIDERS
