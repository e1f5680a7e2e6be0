"""The check of a submit before its photos are sent."""

from fastapi import APIRouter

from deployments.routes.json_route import JsonRoute
from deployments.routes.parts import Caller, Here
from deployments.wire import wire
from deployments.wire.problems import described
from photobatch import schemas

router = APIRouter(prefix=f"{wire.API}/batch", tags=["batches"], route_class=JsonRoute)

_REFUSALS = (
    *("invalid_request", "invalid_params", "invalid_source", "unknown_preset", "unknown_lut", "forbidden"),
    *("forbidden_path", "unavailable", "journal_unavailable", "journal_behind"),
)


@router.post("/check", responses=described(*_REFUSALS))
async def check_batch(here: Here, caller: Caller, asked: schemas.SubmitRequest) -> schemas.Checked:
    """Say whether a submit with these fields would be accepted; nothing is stored. Photos may be left out."""
    preset = await here.submissions.check(asked, caller)
    return schemas.Checked(preset=wire.preset_ref(preset), output=asked.output, max_photos=here.services.max_photos)
