"""A batch in which nothing is wrong, for tests that break one thing."""

from typing import Any

from benchmarks.faults.checks import Evidence, Result
from benchmarks.faults.load import Item, Order
from benchmarks.faults.watcher import Testimony

VERSION = (2 << 32) + 7


def photo(index: int, **changes: Any) -> dict[str, Any]:
    record = {"sha256": f"sha-{index}", "bytes": 100 + index}
    return {"index": index, "status": "succeeded", "attempts": 1, "error": None, "result": record} | changes


def failed(index: int, code: str, attempts: int = 1) -> dict[str, Any]:
    return photo(index, status="failed", attempts=attempts, result=None, error={"code": code})


def flawless() -> Evidence:
    """Three photos: one from the web and one of a form succeeded, one file was cut off."""
    items = (
        Item("web", 1, "plain", None),
        Item("file", 2, "file", "truncated"),
        Item("form", 3, "file", None),
    )
    photos = [photo(0), failed(1, "truncated"), photo(2, attempts=3)]
    testimony = Testimony(version=VERSION, done=True)
    testimony.photos = testimony.first_ended = {each["index"]: dict(each) for each in photos}
    testimony.ended_at = dict.fromkeys(range(3), 1010.0)
    return Evidence(
        task_id="b1",
        order=Order("ada", "filter_warm", 5, "key", items),
        submitted_at=1000.0,
        batch={
            "status": "completed",
            "version": VERSION,
            "counts": {"total": 3, "queued": 0, "processing": 0, "succeeded": 2, "failed": 1, "cancelled": 0},
        },
        photos=photos,
        results={0: Result("sha-0", 100, None), 2: Result("sha-2", 102, None)},
        early={0: "sha-0"},
        testimony=testimony,
    )
