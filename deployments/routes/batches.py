"""Batches: submit, read, control, remove."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from deployments.routes.openapi import BINARY, SUBMIT_BODY
from deployments.routes.parts import Caller, Here, ListedUser, PageSize, Parts, TaskId
from deployments.wire import wire
from deployments.wire.problems import described
from photobatch import schemas

router = APIRouter(prefix=f"{wire.API}/batch", tags=["batches"])

_REFUSALS = (
    "invalid_json",
    "invalid_form",
    "invalid_request",
    "invalid_params",
    "invalid_source",
    "forbidden",
    "forbidden_path",
    "no_photos",
    "unknown_preset",
    "unknown_lut",
    "too_many_photos",
    "too_large",
    "too_many_uploads",
    "unsupported_media",
    "idempotency_in_progress",
    "idempotency_mismatch",
    "journal_unavailable",
    "journal_behind",
    "queue_full",
    "storage_full",
    "storage_unavailable",
    "unavailable",
)
_PAGE = 500  # photos of one request to the coordinator
_STEERED = described(
    "not_found", "bad_transition", "invalid_request", "journal_unavailable", "journal_behind", "unavailable"
)
Cursor = Annotated[
    str | None, Query(pattern="^b[0-9a-hjkmnp-tv-z]{30}$", description="`next_cursor` of the page before.")
]


@router.post(
    "/submit",
    status_code=202,
    response_model=schemas.Submitted,
    responses=described(*_REFUSALS),
    openapi_extra=SUBMIT_BODY,
)
async def submit_batch(
    request: Request,
    response: Response,
    here: Here,
    caller: Caller,
    idempotency_key: Annotated[
        str | None, Header(max_length=255, description="A request repeated with its key makes one batch.")
    ] = None,
) -> schemas.Submitted:
    """Submit a batch. Photos are in the order `image_urls`, `photos`, `files`; a bad photo fails alone."""
    answer = wire.submitted(await here.submissions.accept(request, caller))
    response.headers["Location"] = answer.status_url
    return answer


@router.get("", responses=described("invalid_request", "forbidden", "unavailable"))
async def list_batches(
    here: Here,
    user: ListedUser,
    status: schemas.BatchStatus | None = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> schemas.BatchList:
    """List batches, newest first; with API keys only your own."""
    page = await here.coordinator.list_batches(user, status and status.value, limit, cursor)
    return schemas.BatchList(items=[wire.batch(view) for view in page["items"]], next_cursor=page["next_cursor"])


@router.get("/stats", responses=described("unavailable"))
async def stats(here: Here) -> schemas.Stats:
    """Return statistics of the service."""
    return schemas.Stats.model_validate(await here.coordinator.stats())


@router.get("/{task_id}", responses=described("not_found", "invalid_request", "unavailable"))
async def get_batch(here: Here, task_id: TaskId) -> schemas.Batch:
    """Return one batch."""
    return wire.batch(await here.coordinator.get(task_id))


async def _control(here: Parts, task_id: str, action: str) -> schemas.Batch:
    return wire.batch(await here.coordinator.control(task_id, action))


@router.post("/{task_id}/pause", responses=_STEERED)
async def pause_batch(here: Here, task_id: TaskId) -> schemas.Batch:
    """Pause: begin no more photos; begun photos finish."""
    return await _control(here, task_id, "pause")


@router.post("/{task_id}/resume", responses=_STEERED)
async def resume_batch(here: Here, task_id: TaskId) -> schemas.Batch:
    """Continue after a pause."""
    return await _control(here, task_id, "resume")


@router.post("/{task_id}/cancel", responses=_STEERED)
async def cancel_batch(here: Here, task_id: TaskId) -> schemas.Batch:
    """Cancel at once; finished results stay."""
    return await _control(here, task_id, "cancel")


@router.post("/{task_id}/retry", responses=_STEERED)
async def retry_batch(here: Here, task_id: TaskId) -> schemas.Batch:
    """Compute the failed and cancelled photos again."""
    return await _control(here, task_id, "retry")


@router.post("/{task_id}/close", responses=_STEERED)
async def close_batch(here: Here, task_id: TaskId) -> schemas.Batch:
    """Close an open batch: no more photos come, and it ends when all have ended."""
    return await _control(here, task_id, "close")


@router.patch(
    "/{task_id}",
    responses=described("not_found", "invalid_request", "journal_unavailable", "journal_behind", "unavailable"),
)
async def rename_batch(here: Here, task_id: TaskId, change: schemas.BatchChange) -> schemas.Batch:
    """Give a batch another name."""
    return wire.batch(await here.coordinator.rename(task_id, change.name))


@router.delete("/{task_id}", status_code=204, responses=described("not_found", "invalid_request", "unavailable"))
async def delete_batch(here: Here, task_id: TaskId) -> None:
    """Cancel a batch, then remove its record and files."""
    await here.coordinator.delete(task_id)


@router.get(
    "/{task_id}/manifest.jsonl",
    response_class=StreamingResponse,
    responses={
        200: {"description": "One line of JSON for each photo.", "content": {"application/jsonl": BINARY}},
        **described("not_found", "invalid_request", "journal_unavailable", "journal_behind", "unavailable"),
    },
)
async def manifest(here: Here, task_id: TaskId) -> StreamingResponse:
    """Describe how each result was made: hashes, preset, options, what was done to it; photos in their order."""
    batch = await here.coordinator.get(task_id)
    first = await here.coordinator.photos(task_id, None, _PAGE, None)
    name = {"Content-Disposition": f'attachment; filename="{task_id}.jsonl"'}
    return StreamingResponse(_lines(here, batch, first), media_type="application/jsonl", headers=name)


async def _lines(here: Parts, batch: dict[str, Any], page: dict[str, Any]) -> AsyncIterator[bytes]:
    while True:
        yield b"".join(wire.manifest_line(batch, view) for view in page["items"])
        if page["next_cursor"] is None:
            return
        page = await here.coordinator.photos(batch["task_id"], None, _PAGE, page["next_cursor"])
