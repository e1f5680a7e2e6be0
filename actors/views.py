"""What the outside sees of batches and photos: JSON-able dicts in the shape of api.md, times in unix seconds."""

from actors.batch import Batch
from actors.records import Json
from actors.states import ENDED, PhotoState


def batch_view(batch: Batch, now: float, ttl_s: float) -> Json:
    """Return the batch; `eta_*` are None until two photos have ended and once the batch has."""
    total = len(batch.photos)
    counts = {state.label: batch.counts[state] for state in PhotoState}
    remaining, workers = batch.remaining(), len(batch.workers())
    ended = batch.state in ENDED
    eta = None if ended or batch.paused else batch.pace.eta_s(remaining, workers, now)
    estimate, low, high = eta or (None, None, None)
    spec = batch.spec
    return {
        "task_id": spec.task_id,
        "user_id": spec.user_id,
        "status": batch.state.value,
        "preset": spec.preset,
        "output": spec.output,
        "priority": spec.priority,
        "metadata": spec.metadata,
        "created_at": batch.created_at,
        "started_at": batch.started_at,
        "finished_at": batch.finished_at,
        "expires_at": batch.finished_at + ttl_s if batch.finished_at else None,
        "counts": {"total": total, **counts},
        "progress": (total - remaining) / total if total else 0.0,
        "photos_per_s": None if ended else batch.pace.photos_per_s(workers, now),
        "eta_s": estimate,
        "eta_low_s": low,
        "eta_high_s": high,
        "version": batch.version,
    }


def photo_view(batch: Batch, index: int, *, timings: bool) -> Json:
    """Return one photo; `result` carries the keys of its blobs, for the ingress alone."""
    photo = batch.photos[index]
    state = PhotoState(batch.photo_state[index])
    told = batch.report(index) if state in {PhotoState.SUCCEEDED, PhotoState.FAILED} else {}
    return {
        "index": index,
        "name": photo.name,
        "source": photo.source,
        "status": state.label,
        "attempts": batch.attempt[index],
        "error": told.get("error"),
        "result": told.get("result"),
        "engine": told.get("engine"),
        "notes": told.get("notes") or [],
        "timings_ms": told.get("timings_ms") if timings else None,
    }
