"""Batches and photos as the ingress gets them: JSON-able dicts, times in unix seconds."""

import base64
import hashlib
from collections.abc import Mapping

from actors.batches.batch import Batch
from actors.messages.errors import BatchError
from actors.messages.records import Json
from actors.photos.report import Report
from actors.photos.states import ENDED, PhotoState
from models.codec.options import EXTENSIONS
from storage.keys import original_key, result_key, thumbnail_key, variant_key


def batch_view(batch: Batch, now: float, ttl_s: float) -> Json:
    """Return the batch; `eta_*` are None until two photos have ended, while it grows, and once it has ended."""
    total = batch.counts.total()
    counts = {state.label: batch.counts[state] for state in PhotoState}
    remaining, workers = batch.remaining(), len(batch.workers())
    ended = batch.state in ENDED
    unknown = ended or batch.paused or batch.growing
    eta = None if unknown else batch.pace.eta_s(remaining, workers, now)
    estimate, low, high = eta or (None, None, None)
    spec = batch.spec
    return {
        "task_id": spec.task_id,
        "user_id": spec.user_id,
        "name": batch.name,
        "status": batch.state.value,
        "preset": spec.preset,
        "output": _shown(spec.output),
        "priority": spec.priority,
        "metadata": spec.metadata,
        "created_at": batch.created_at,
        "started_at": batch.started_at,
        "finished_at": batch.finished_at,
        "expires_at": batch.expires_at(ttl_s),
        "counts": {"total": total, **counts},
        "open": batch.open,
        "expanding": batch.expanding,
        "truncated": batch.listing.truncated,
        "errors": batch.listing.errors(),
        "progress": None if batch.growing else (total - remaining) / total if total else 0.0,
        "photos_per_s": None if ended else batch.pace.photos_per_s(workers, now),
        "eta_s": estimate,
        "eta_low_s": low,
        "eta_high_s": high,
        "consistency": "none" if batch.consistency is None else "shoot",
        "consistency_strength": batch.consistency,
        "version": batch.version,
    }


def _shown(output: Json) -> Json:
    """Return the output options with a digest in place of the image of a mark, which may have 96 KB."""
    mark = output.get("watermark")
    if not mark or mark["image"] is None:
        return output
    digest = hashlib.sha256(base64.b64decode(mark["image"].partition(",")[2])).hexdigest()
    return output | {"watermark": mark | {"image": f"sha256:{digest}"}}


def newest(
    batches: Mapping[str, Batch], user_id: str | None, status: str | None, limit: int, cursor: str | None
) -> tuple[list[Batch], str | None]:
    """Return at most `limit` batches, newest first, behind the one that `cursor` names; and the next cursor."""
    page: list[Batch] = []
    for task_id in sorted((task_id for task_id in batches if cursor is None or task_id < cursor), reverse=True):
        batch = batches[task_id]
        if (user_id is None or batch.spec.user_id == user_id) and (status is None or batch.state == status):
            if len(page) == limit:
                return page, page[-1].spec.task_id
            page.append(batch)
    return page, None


def one_photo(batch: Batch, index: int) -> Json:
    """Return a photo with what its stages took; raises BatchError `not_found`."""
    if not 0 <= index < len(batch.photos):
        raise BatchError("not_found", f"This batch has no photo {index}; it has {len(batch.photos)}, from 0 on.")
    return photo_view(batch, index, timings=True)


def photo_page(batch: Batch, status: str | None, limit: int, cursor: str | None) -> Json:
    """Return at most `limit` photos, in their order, behind the one that `cursor` names; and the next cursor."""
    state = PhotoState[status.upper()] if status else None
    start = int(cursor) + 1 if cursor else 0
    chosen = [index for index, _ in zip(batch.indices(state, start), range(limit + 1), strict=False)]
    return {
        "items": [photo_view(batch, index, timings=True) for index in chosen[:limit]],
        "next_cursor": str(chosen[limit - 1]) if len(chosen) > limit else None,
    }


def photo_view(batch: Batch, index: int, *, timings: bool) -> Json:
    """Return one photo; `result` includes the keys of its blobs."""
    photo = batch.photos[index]
    state = PhotoState(batch.photo_state[index])
    told = batch.report(index) if state in {PhotoState.SUCCEEDED, PhotoState.FAILED} else _earlier(batch, index)
    return {
        "index": index,
        "name": photo.name,
        "source": photo.source,
        "params": photo.params,
        "shift": batch.matching.shifts.get(index),
        "status": state.label,
        "attempts": batch.attempt[index],
        "error": told and told.error,
        "result": told and told.result and told.result | _blobs(batch, index, told, told.result),
        "reused": told is not None and told.reused,
        "engine": told and told.engine,
        "notes": told.notes if told else [],
        "timings_ms": told.timings_ms if told and timings else None,
        "replaced": batch.adjustments.replaced(index),
        "revision": batch.adjustments.revision(index),
        "adjust_error": batch.adjustments.error(index),
    }


def _earlier(batch: Batch, index: int) -> Report | None:
    """Return the report of the result that counts while a photo is adjusted."""
    before = batch.adjustments.under_way(index)
    return None if before is None else Report.read(before.outcome)


def _blobs(batch: Batch, index: int, told: Report, result: Json) -> Json:
    """Name what the attempt that counts has stored; the names follow from it, so no photo keeps them."""
    place = batch.spec.task_id, index, told.attempt
    return {
        "key": result_key(*place, EXTENSIONS[result["format"]].removeprefix(".")),
        "thumbnail_key": thumbnail_key(*place) if result["thumbnail"] else None,
        "original_key": original_key(*place) if result["original"] else None,
        "also": {
            name: one | {"key": variant_key(*place, name, EXTENSIONS[one["format"]].removeprefix("."))}
            for name, one in result.get("also", {}).items()
        },
    }
