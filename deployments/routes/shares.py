"""Links to a batch's results: made and revoked by its owner, open to everybody who has one."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from actors.messages.errors import BatchError
from actors.messages.records import Share
from deployments.routes import share_page
from deployments.routes.archive import Chosen, Of, archive
from deployments.routes.json_route import JsonRoute
from deployments.routes.openapi import BINARY
from deployments.routes.parts import Here, Parts, TaskId
from deployments.routes.photos import Index, original, result, thumbnail
from deployments.wire import wire
from deployments.wire.problems import ApiError, described
from photobatch import schemas

router = APIRouter(tags=["shares"], route_class=JsonRoute)

_BATCH = f"{wire.API}/batch/{{task_id}}"
_STEERED = described("not_found", "invalid_request", "journal_unavailable", "journal_behind", "unavailable")
_FOLLOWED = described(
    "not_found", "not_ready", "invalid_request", "range_not_satisfiable", "unavailable", "storage_unavailable"
)
AnyTaskId = Annotated[str, Path(max_length=128, description="The batch.")]
Key = Annotated[str, Query(min_length=8, max_length=64, description="The key in the link.")]
AnyKey = Annotated[str, Query(description="The key in the link, complete.")]
Language = Annotated[Literal["zh", "en"] | None, Query(description="Otherwise what the browser prefers.")]
Cursor = Annotated[str | None, Query(pattern="^[0-9]{1,9}$", description="Where the page begins.")]


@router.post(f"{_BATCH}/share", status_code=201, responses=_STEERED | described("too_many_shares"))
async def share_batch(here: Here, task_id: TaskId, request: schemas.ShareRequest | None = None) -> schemas.NewShare:
    """Create a link: everybody who has it may see and download the results, and can do nothing else."""
    wanted = request or schemas.ShareRequest()
    made = await here.coordinator.make_share(
        task_id, float(wanted.expires_in_s), wanted.title, wanted.sender, originals=wanted.originals
    )
    return schemas.NewShare(
        id=made["id"],
        expires_at=_time(made["expires_at"]),
        title=wanted.title,
        sender=wanted.sender,
        originals=wanted.originals,
        url=f"/s/{task_id}?key={made['key']}",
    )


@router.get(f"{_BATCH}/share", responses=_STEERED)
async def list_shares(here: Here, task_id: TaskId) -> schemas.ShareList:
    """List the valid links, without their URLs, which the service does not keep."""
    found = await here.coordinator.list_shares(task_id)
    return schemas.ShareList(items=[_told(known, share) for known, share in found.items()])


@router.delete(f"{_BATCH}/share/{{share_id}}", status_code=204, responses=_STEERED)
async def revoke_share(here: Here, task_id: TaskId, share_id: Annotated[str, Path(max_length=64)]) -> None:
    """Revoke a link at once."""
    await here.coordinator.revoke_share(task_id, share_id)


@router.get("/s/{task_id}", response_class=HTMLResponse, responses=_FOLLOWED)
async def share_page_of(
    request: Request, here: Here, task_id: AnyTaskId, *, key: AnyKey = "", cursor: Cursor = None, lang: Language = None
) -> HTMLResponse:
    """Show the results to everybody who has the link."""
    language = lang or request.headers.get("accept-language", "")
    try:
        share = await here.coordinator.check_share(task_id, key)
    except BatchError as error:
        if error.code == "not_found" and "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(share_page.gone(language), 404, share_page.HEADERS)  # for a person in a browser
        raise
    batch = await here.coordinator.get(task_id)
    found = await here.coordinator.photos(task_id, "succeeded", share_page.PHOTOS, cursor)
    said = share_page.render(
        share_page.Shown(task_id, key, share, batch["counts"]["succeeded"], batch["name"], language, cursor),
        found["items"],
        more=found["next_cursor"],
    )
    return HTMLResponse(said, headers=share_page.HEADERS)


async def shared_result(request: Request, here: Here, task_id: AnyTaskId, index: Index, key: Key) -> Response:
    """Send a retouched photo."""
    await _check(here, task_id, key)
    return await result(request, here, task_id, index)


async def shared_thumbnail(request: Request, here: Here, task_id: AnyTaskId, index: Index, key: Key) -> Response:
    """Send a small JPEG of a result."""
    await _check(here, task_id, key)
    return await thumbnail(request, here, task_id, index)


async def shared_original(request: Request, here: Here, task_id: AnyTaskId, index: Index, key: Key) -> Response:
    """Send a photo as it came, where the link shows originals."""
    await _check(here, task_id, key, originals=True)
    photo = await here.coordinator.photo(task_id, index)
    if photo["result"] is None:
        raise ApiError("not_found", "This link shows photos that have a result; this one has none yet.")
    return await original(request, here, task_id, index)


async def shared_archive(
    request: Request, here: Here, task_id: AnyTaskId, key: Key, *, photos: Chosen = None, of: Of = "results"
) -> Response:
    """Send results as a ZIP file, or originals, where the link shows them."""
    await _check(here, task_id, key, originals=of == "originals")
    return await archive(request, here, task_id, photos=photos, of=of)


async def _check(here: Parts, task_id: str, key: str, *, originals: bool = False) -> None:
    share = await here.coordinator.check_share(task_id, key)
    if originals and not share.originals:
        raise ApiError("not_found", "This link does not show the originals; ask whoever gave it to you for them.")


def _told(known: str, share: Share) -> schemas.Share:
    return schemas.Share(
        id=known, expires_at=_time(share.until), title=share.title, sender=share.sender, originals=share.originals
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"application/octet-stream": BINARY}},
    206: {"description": "The requested range."},
    304: {"description": "The client already has it."},
    **_FOLLOWED,
}
for _path, _endpoint in (
    ("/s/{task_id}/archive.zip", shared_archive),
    ("/s/{task_id}/{index}/result", shared_result),
    ("/s/{task_id}/{index}/thumbnail", shared_thumbnail),
    ("/s/{task_id}/{index}/original", shared_original),
):
    router.add_api_route(_path, _endpoint, methods=["GET"], responses=_BYTES, response_class=Response)
    router.add_api_route(_path, _endpoint, methods=["HEAD"], include_in_schema=False)
