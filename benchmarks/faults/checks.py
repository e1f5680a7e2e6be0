"""Checks of a batch after any number of kills. Each check returns its violations as sentences."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.faults.killer import WORKER_DEATHS, Kill
from benchmarks.faults.load import Order
from benchmarks.faults.watcher import Testimony

# A photo is a suspect after the first death of a worker that computed it; after two more, alone, it fails.
DEATHS_TO_CRASH = 3
_CLOCK_S = 2.0  # tolerance between a kill and its consequences


@dataclass(frozen=True, slots=True)
class Result:
    """A result downloaded at the end."""

    sha256: str
    size: int
    trouble: str | None  # why it is not a JPEG


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known of one batch at the end."""

    task_id: str
    order: Order
    submitted_at: float  # unix seconds
    batch: dict[str, Any]
    photos: list[dict[str, Any]]
    results: dict[int, Result | str]  # a string: why there is none
    early: dict[int, str]  # SHA-256 of each result when it was first reported
    testimony: Testimony


def ends(evidence: Evidence, kills: list[Kill]) -> Iterator[str]:
    """Every photo ended once, as expected; `worker_crashed` only with kills in the log that explain it."""
    if len(evidence.photos) != len(evidence.order.items):
        yield f"{_of(evidence)}: has {len(evidence.photos)} photos, {len(evidence.order.items)} were handed in"
        return
    for index, (item, photo) in enumerate(zip(evidence.order.items, evidence.photos, strict=True)):
        wanted = "succeeded" if item.error is None else f"failed with {item.error}"
        got = photo["status"]
        if got == "failed":
            code = photo["error"]["code"]
            got = f"failed with {code}"
            if code == "worker_crashed" and _crash_explained(evidence, index, photo, kills):
                continue
        if photo["index"] != index or got != wanted:
            where = f"{item.origin}/{item.way}, attempt {photo['attempts']}"
            yield f"{_of(evidence)}: photo {index} ({where}) {got}, it should have {wanted}"


def _crash_explained(evidence: Evidence, index: int, photo: dict[str, Any], kills: list[Kill]) -> bool:
    until = evidence.testimony.ended_at.get(index, float("inf")) + _CLOCK_S
    hits = [kill for kill in kills if kill.kind in WORKER_DEATHS and evidence.submitted_at <= kill.at <= until]
    return len(hits) >= DEATHS_TO_CRASH and photo["attempts"] >= DEATHS_TO_CRASH


def counts(evidence: Evidence) -> Iterator[str]:
    """The batch's counts are those of its photos, and its status follows from them."""
    found = Counter(photo["status"] for photo in evidence.photos)
    told = {name: count for name, count in evidence.batch["counts"].items() if name != "total" and count}
    if told != dict(found) or evidence.batch["counts"]["total"] != len(evidence.photos):
        yield f"{_of(evidence)}: counts say {evidence.batch['counts']}, the photos {dict(found)}"
    status = "completed" if found["succeeded"] else "failed"
    if evidence.batch["status"] != status:
        yield f"{_of(evidence)}: is {evidence.batch['status']} and should be {status}"


def results(evidence: Evidence) -> Iterator[str]:
    """Every result exists, is a JPEG, and agrees with its record."""
    for photo in evidence.photos:
        record = photo["result"]
        if photo["status"] != "succeeded":
            if record is not None:
                yield f"{_of(evidence)}: photo {photo['index']} {photo['status']} and has a result"
            continue
        got = evidence.results.get(photo["index"], "it was not looked for")
        if isinstance(got, str):
            yield f"{_of(evidence)}: photo {photo['index']} has lost its result: {got}"
        elif got.trouble:
            yield f"{_of(evidence)}: the result of photo {photo['index']} is no JPEG: {got.trouble}"
        elif (got.sha256, got.size) != (record["sha256"], record["bytes"]):
            yield (
                f"{_of(evidence)}: the result of photo {photo['index']} has {got.size} bytes, sha256 {got.sha256}; "
                f"its record says {record['bytes']} and {record['sha256']}"
            )


def unchanged(evidence: Evidence) -> Iterator[str]:
    """No result was rewritten, and no record changed, after it was reported to a client."""
    for photo in evidence.photos:
        index = photo["index"]
        first = evidence.testimony.first_ended.get(index)
        if first is not None and _published(first) != _published(photo):
            yield f"{_of(evidence)}: photo {index} was told as {_published(first)} and is now {_published(photo)}"
        now = evidence.results.get(index)
        early = evidence.early.get(index)
        if early is not None and isinstance(now, Result) and now.sha256 != early:
            yield f"{_of(evidence)}: the result of photo {index} was overwritten: {early}, now {now.sha256}"


def messages(evidence: Evidence) -> Iterator[str]:
    """The watcher got the end of every photo, and no impossible message."""
    yield from evidence.testimony.violations
    if not evidence.testimony.done:
        yield f"{_of(evidence)}: the watcher was never told that it is done"
    if evidence.testimony.version != evidence.batch["version"]:
        yield (
            f"{_of(evidence)}: the watcher's last version is {evidence.testimony.version}, "
            f"the batch's {evidence.batch['version']}"
        )
    for photo in evidence.photos:
        last = evidence.testimony.photos.get(photo["index"])
        if last is None or last["status"] != photo["status"]:
            told = last and last["status"]
            yield f"{_of(evidence)}: photo {photo['index']} {photo['status']}, the watcher last heard {told}"


def once(taken: Iterable[str], listed: Iterable[str]) -> Iterator[str]:
    """All accepted batches exist, and no others."""
    accepted, present = Counter(list(taken)), Counter(list(listed))
    for task_id in accepted - present:
        yield f"batch {task_id} was accepted and is gone"
    for task_id in present - accepted:
        yield f"batch {task_id} is there although nobody handed it in, or it was made twice"


def stored(blobs: Path, evidence: Iterable[Evidence]) -> tuple[list[str], list[str]]:
    """Return missing blobs below `batches/`, and blobs that belong to no accepted attempt."""
    wanted = {name for each in evidence for name in _blobs_of(each)}
    folder = blobs / "batches"
    there = {path.relative_to(blobs).as_posix() for path in folder.rglob("*") if path.is_file()}
    missing = [f"blob {name} is missing" for name in sorted(wanted - there)]
    strays = [f"blob {name} belongs to no accepted attempt" for name in sorted(there - wanted)]
    return missing, strays


def _blobs_of(evidence: Evidence) -> Iterator[str]:
    for item, photo in zip(evidence.order.items, evidence.photos, strict=True):
        if photo["status"] == "succeeded":
            attempt = f"batches/{evidence.task_id}/{photo['index']}/{photo['attempts']}"
            yield f"{attempt}/result.jpg"
            yield f"{attempt}/thumbnail.jpg"
            if item.origin == "web":
                yield f"{attempt}/original"


def _published(photo: dict[str, Any]) -> tuple[object, ...]:
    record, error = photo["result"] or {}, photo["error"] or {}
    return photo["status"], photo["attempts"], record.get("sha256"), error.get("code")


def _of(evidence: Evidence) -> str:
    return f"batch {evidence.task_id}"
