"""The results of a batch, or its originals, as one file: all, or some."""

from bisect import bisect_right
from collections.abc import AsyncIterator, Callable
from itertools import accumulate
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from deployments.files.archive import Archive, Member
from deployments.files.streams import send
from deployments.routes.openapi import BINARY
from deployments.routes.parts import Here, Parts, TaskId
from deployments.routes.photos import original_blob
from deployments.wire import wire
from deployments.wire.names import names_of, safe_name, told_of
from deployments.wire.problems import ApiError, described
from photobatch.file_names import safe
from photobatch.naming.results import UniqueNames

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


Chosen = Annotated[
    str | None,
    Query(
        pattern=r"^\d{1,9}(-\d{1,9})?(,\d{1,9}(-\d{1,9})?)*$",
        max_length=8000,
        description="Only these photos: positions and ranges of them, such as `0-4,7`.",
        examples=["0-4,7"],
    ),
]
Of = Annotated[
    Literal["results", "originals"],
    Query(description="`originals`: the photos as they came, where the service has them."),
]


async def archive(request: Request, here: Here, task_id: TaskId, photos: Chosen = None, of: Of = "results") -> Response:
    """Send the results that exist by now, under the names of their photos; an interrupted download can be continued."""
    batch = await here.coordinator.get(task_id)
    if not batch["counts"]["succeeded"]:
        raise ApiError("not_ready", "No photo of this batch has a result yet; come back when some have succeeded.")

    async def make() -> Archive:
        chosen = None if photos is None else _indices(photos)
        members = [member async for member in _members(here, batch, chosen, originals=of == "originals")]
        if not members:
            raise ApiError("not_ready", "None of these photos has such a file; choose others, or come back later.")
        return Archive(here.services.blobs, members, batch["created_at"])

    made = await here.archives.of(f"{task_id} {of} {photos or ''}", batch["version"], make)
    name = f"{safe(batch['name'] or task_id)}.zip"
    return send(request, made, etag=made.etag, media_type="application/zip", name=name)


def _indices(said: str) -> Callable[[int], bool]:
    """Return what tells whether a position is one of those, such as `0-4,7`, in a time that hardly grows with them."""
    spans = sorted((int(part.partition("-")[0]), int(part.rpartition("-")[2])) for part in said.split(","))
    firsts = [first for first, _ in spans]
    lasts = list(accumulate((last for _, last in spans), max))  # the end of what begins before the next

    def chosen(index: int) -> bool:
        before = bisect_right(firsts, index)
        return before > 0 and index <= lasts[before - 1]

    return chosen


async def _members(
    here: Parts, batch: dict[str, Any], chosen: Callable[[int], bool] | None, *, originals: bool
) -> AsyncIterator[Member]:
    """Yield a member for each file. Photos that give none are counted too: a name never depends on what is done."""
    names, kept, cursor = names_of(batch), UniqueNames(), None
    folders = {variant["name"]: names_of(batch, variant["format"]) for variant in batch["output"].get("also", ())}
    while True:
        page = await here.coordinator.photos(batch["task_id"], None, _PAGE, cursor)
        for photo in page["items"]:
            found, wanted = photo["result"], chosen is None or chosen(photo["index"])
            if originals:
                if wanted and found and (key := original_blob(photo)):
                    size, crc32 = await here.archives.measured(here.services.blobs, key)
                    yield Member(kept.take(safe(safe_name(photo["name"]))), key, size, crc32)
                continue
            name = names.take(*told_of(photo))
            if wanted and found:
                yield Member(name, found["key"], found["bytes"], await _crc32(here, found))
            for variant, folder in folders.items():
                name = folder.take(*told_of(photo, variant if found and variant in found["also"] else None))
                if wanted and found and (one := found["also"].get(variant)):
                    yield Member(f"{variant}/{name}", one["key"], one["bytes"], one["crc32"])
        cursor = page["next_cursor"]
        if cursor is None:
            return


async def _crc32(here: Parts, found: dict[str, Any]) -> int:
    """Return a result's CRC-32. Its worker has computed it, unless an earlier version did not."""
    if "crc32" in found:
        return int(found["crc32"])
    return (await here.archives.measured(here.services.blobs, found["key"]))[1]


router.add_api_route("/archive.zip", archive, methods=["GET"], responses=_BYTES, response_class=Response)
router.add_api_route("/archive.zip", archive, methods=["HEAD"], include_in_schema=False)
