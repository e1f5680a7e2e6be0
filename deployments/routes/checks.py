"""The check of a submit before its photos are sent."""

from fastapi import APIRouter, Request

from deployments.routes.openapi import CHECK_BODY
from deployments.routes.parts import Caller, Here
from deployments.wire import wire
from deployments.wire.problems import described
from photobatch import schemas

router = APIRouter(prefix=f"{wire.API}/batch", tags=["batches"])

_REFUSALS = (
    *("invalid_request", "invalid_params", "invalid_source", "unknown_preset", "unknown_lut", "forbidden"),
    *("forbidden_path", "too_many_photos", "unavailable", "journal_unavailable", "journal_behind"),
)


@router.post("/check", responses=described(*_REFUSALS), openapi_extra=CHECK_BODY)
async def check_batch(request: Request, here: Here, caller: Caller) -> schemas.Checked:
    """Say whether a submit with these fields would be accepted; nothing is stored. Photos may be left out."""
    asked, preset = await here.submissions.check(request, caller)
    return schemas.Checked(preset=wire.preset_ref(preset), output=asked.output, max_photos=here.services.max_photos)
