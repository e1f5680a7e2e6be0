"""Converts the coordinator's views (unix seconds, blob keys) to the wire schemas (RFC 3339, URLs)."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from photobatch import schemas
from presets.catalogue import Preset, ResolvedPreset
from presets.sliders import Group

API = "/api/v1"
TRACEPARENT = "photobatch.traceparent"  # key in a request's scope: its span, where requests are traced
ENDED = frozenset({schemas.BatchStatus.COMPLETED, schemas.BatchStatus.FAILED, schemas.BatchStatus.CANCELLED})
_OUTPUT = ("sha256", "bytes", "format", "width", "height")
_TIMES = ("created_at", "started_at", "finished_at", "expires_at")


def batch(view: dict[str, Any]) -> schemas.Batch:
    """Return a batch as the client sees it."""
    times = {name: _time(view[name]) for name in _TIMES}
    return schemas.Batch.model_validate({**view, **times})


def callback_body(message: dict[str, Any]) -> bytes:
    """Return the body of a callback, from `{event, batch}` with the coordinator's view of the batch."""
    said = {"event": message["event"], "batch": batch(message["batch"]).model_dump(mode="json")}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def photo(task_id: str, view: dict[str, Any]) -> schemas.Photo:
    """Return a photo as the client sees it: blob keys become URLs."""
    result = view["result"]
    if result is not None:
        base = f"{batch_url(task_id)}/photos/{view['index']}"
        also = [
            {**one, "name": name, "url": f"{base}/result?variant={name}"}
            for name, one in result.get("also", {}).items()
        ]
        result = {**result, "url": f"{base}/result", "thumbnail_url": f"{base}/thumbnail", "also": also}
    own = {"own_params": view.get("params")}
    return schemas.Photo.model_validate({**view, **own, "result": result})


def manifest_line(batch: dict[str, Any], view: dict[str, Any]) -> bytes:
    """Return how a photo was made, as a line of JSON: enough to make the same bytes again on the same engine."""
    result, preset = view["result"], batch["preset"]
    line: dict[str, Any] = {
        "index": view["index"],
        "name": view["name"],
        "source": view["source"].partition("?")[0],  # the query may contain a key
        "status": view["status"],
        "preset": preset | {"params": {**preset["params"], **_shift(view), **(view["params"] or {})}},
        "options": batch["output"],
        "input_sha256": result and result["input_sha256"],
        "output": result and {name: result[name] for name in _OUTPUT},
        "also": result and {name: {key: one[key] for key in _OUTPUT} for name, one in result.get("also", {}).items()},
        "orientation": result and result.get("orientation"),
        "profile_kept": result and result.get("profile"),
        "jpeg": result and result.get("jpeg"),
        "changed_blocks": result and result.get("blocks"),
        "faces": result and result.get("faces"),
        "notes": view["notes"],
        "engine": view["engine"],
        "reused": view["reused"],
        "attempts": view["attempts"],
        "replaced": view.get("replaced", []),  # latest earlier results, oldest first: own parameters, and the hash
        "timings_ms": view["timings_ms"],
        "error": view["error"],
    }
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _shift(view: dict[str, Any]) -> dict[str, Any]:
    return {"shift": view["shift"]} if view.get("shift") else {}


def submitted(view: dict[str, Any]) -> schemas.Submitted:
    """Return the answer to a submit."""
    task_id = view["task_id"]
    return schemas.Submitted(
        task_id=task_id,
        status=schemas.BatchStatus.QUEUED,  # as in the first answer; a repeated request gets the same
        total=view["counts"]["total"],
        websocket_url=f"/ws/batch/{task_id}",
        events_url=f"{batch_url(task_id)}/events",
        status_url=batch_url(task_id),
        eta_s=None,
        expanding=view.get("expanding", False),
    )


def preset(known: Preset) -> schemas.Preset:
    """Return a preset of the catalogue."""
    return schemas.Preset.model_validate(asdict(known))


def slider_group(group: Group) -> schemas.SliderGroup:
    """Return a group of sliders."""
    sliders = [
        schemas.Slider(
            name=slider.name,
            label=schemas.LocalizedText(zh=slider.zh, en=slider.en),
            low=slider.low,
            high=slider.high,
            step=slider.step,
            neutral=slider.neutral,
        )
        for slider in group.sliders
    ]
    label = schemas.LocalizedText(zh=group.zh, en=group.en)
    return schemas.SliderGroup(label=label, types=list(group.types), sliders=sliders)


def batch_url(task_id: str) -> str:
    """Return the path of a batch."""
    return f"{API}/batch/{task_id}"


def preset_record(preset: ResolvedPreset) -> dict[str, Any]:
    """Return the form in which a batch pins a preset."""
    return asdict(preset)


def preset_ref(preset: ResolvedPreset) -> schemas.PresetRef:
    """Return the preset of a batch that is not accepted yet."""
    return schemas.PresetRef.model_validate(preset_record(preset))


def name_of(source: str) -> str:
    """Return the file name in a source's path, or its last part."""
    parts = urlsplit(source)
    return PurePosixPath(unquote(parts.path)).name or parts.hostname or source[-80:]


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
