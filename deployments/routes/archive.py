"""All results of a batch as one file."""

import zlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response

from deployments.files.archive import Archive, Member
from deployments.files.streams import send
from deployments.routes.openapi import BINARY
from deployments.routes.parts import Here, Parts, TaskId
from deployments.wire import wire
from deployments.wire.names import names_of, told_of
from deployments.wire.problems import ApiError, described
from photobatch.file_names import safe

router = APIRouter(prefix=f"{wire.API}/batch/{{task_id}}", tags=["photos"])

_PAGE = 500
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "A ZIP file.", "content": {"application/zip": BINARY}},
    206: {"description": "The requested range."},
    304: {"description": "The client already has it."},
    **described(
        *("not_found", "not_ready", "invalid_request", "range_not_satisfiable"),
        *("journal_unavailable", "journal_behind", "unavailable", "storage_unavailable"),
    ),
}


async def archive(request: Request, here: Here, task_id: TaskId) -> Response:
    """Send all results that exist by now, under the names of their photos; an interrupted download can be continued."""
    batch = await here.coordinator.get(task_id)
    if not batch["counts"]["succeeded"]:
        raise ApiError("not_ready", "No photo of this batch has a result yet; come back when some have succeeded.")

    async def make() -> Archive:
        members = [member async for member in _members(here, batch)]
        return Archive(here.services.blobs, members, batch["created_at"])

    made = await here.archives.of(task_id, batch["version"], make)
    name = safe(f"{batch['name'] or task_id}.zip")
    return send(request, made, etag=made.etag, media_type="application/zip", name=name)


async def _members(here: Parts, batch: dict[str, Any]) -> AsyncIterator[Member]:
    """Yield a member for each result. Photos without one are counted too: a name never depends on what is done."""
    names, cursor = names_of(batch), None
    folders = {variant["name"]: names_of(batch, variant["format"]) for variant in batch["output"].get("also", ())}
    while True:
        page = await here.coordinator.photos(batch["task_id"], None, _PAGE, cursor)
        for photo in page["items"]:
            name, found = names.take(*told_of(photo)), photo["result"]
            if found is not None:
                yield Member(name, found["key"], found["bytes"], await _crc32(here, found))
            for variant, folder in folders.items():
                name = folder.take(*told_of(photo, variant if found and variant in found["also"] else None))
                if found and (one := found["also"].get(variant)):
                    yield Member(f"{variant}/{name}", one["key"], one["bytes"], one["crc32"])
        cursor = page["next_cursor"]
        if cursor is None:
            return


async def _crc32(here: Parts, found: dict[str, Any]) -> int:
    """Return a result's CRC-32. Its worker has computed it, unless an earlier version did not."""
    if "crc32" in found:
        return int(found["crc32"])
    crc = 0
    async for piece in here.services.blobs.stream(found["key"]):
        crc = zlib.crc32(piece, crc)
    return crc


router.add_api_route("/archive.zip", archive, methods=["GET"], responses=_BYTES, response_class=Response)
router.add_api_route("/archive.zip", archive, methods=["HEAD"], include_in_schema=False)
