"""`serve deploy` of a new version in the middle of a batch: the old one hands over, and nothing is lost."""

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from benchmarks.servers.deployed import Deployed

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("photobatch", "deployments", "actors", "presets", "models", "storage", "web")
NEW = "99.9.9"
PHOTOS = 1500  # half a minute of work: a deployment takes ten seconds


@pytest.fixture
def head(tmp_path: Path, photo_folder: Path) -> Iterator[Deployed]:
    one = Deployed(tmp_path, BATCH_FILE_ROOTS=str(photo_folder), BATCH_REUSE="0")
    try:
        one.start_ray()
        yield one
    finally:
        one.kill()
        one.http.close()


def checkout(folder: Path, version: str | None = None) -> Path:
    """A copy of what runs, as another version."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    if version:
        (folder / "photobatch/__init__.py").write_text(f'"""Another version."""\n\n__version__ = "{version}"\n')
    return folder


@pytest.mark.slow
def test_a_new_version_takes_over_and_every_photo_ends_once(head: Deployed, tmp_path: Path, photo_folder: Path) -> None:
    server = head
    head.deploy(checkout(tmp_path / "old"))
    server.healthy(90.0)
    old = server.http.get("/api/v1/batch/stats").json()["version"]
    sources = [(photo_folder / name).as_uri() for name in ("astronaut.jpg", "coffee.jpg", "chelsea.jpg")]
    task = server.submit(image_urls=sources * (PHOTOS // 3), preset_id="beauty_heavy")["task_id"]
    until(lambda: server.batch(task)["counts"]["succeeded"] >= 3, "the first photos")
    follower = asyncio.run(followed(head, task, checkout(tmp_path / "new", NEW)))
    stats = server.http.get("/api/v1/batch/stats").json()
    assert stats["version"] == NEW, "the coordinator too"
    assert server.batch(task)["counts"]["succeeded"] == PHOTOS
    photos = server.photos(task)
    versions = {photo["engine"].split(",")[0] for photo in photos}
    assert versions == {f"photobatch {old}", f"photobatch {NEW}"}, "both had a part in it"
    assert {photo["attempts"] for photo in photos} == {1}, "the old workers finished what they held"
    assert follower == {photo["index"]: "succeeded" for photo in photos}, "whoever followed by WebSocket saw them all"


async def followed(head: Deployed, task: str, new: Path) -> dict[int, str]:
    """Follow a batch to its end while the new version is deployed; return every photo's last state."""
    deploying = asyncio.create_task(asyncio.to_thread(head.deploy, new))
    seen: dict[int, str] = {}
    since = 1
    url = f"ws://127.0.0.1:{head.port}/ws/batch/{task}"
    deadline = time.monotonic() + 240
    ended = False
    while not ended:
        assert time.monotonic() < deadline, f"the batch did not end: {len(seen)} photos were seen"
        try:
            async with connect(f"{url}?since={since}", proxy=None) as socket:
                async for text in socket:
                    message: dict[str, Any] = json.loads(text)
                    since = message.get("version") or since
                    seen |= {photo["index"]: photo["status"] for photo in message.get("photos") or ()}
                    ended = message["type"] == "done"
        except (WebSocketException, OSError):
            await asyncio.sleep(0.1)
    await deploying
    return seen


def until(condition: Any, what: str, patience_s: float = 90.0) -> Any:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            if found := condition():
                return found
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, f"waited {patience_s} s for {what}"
        time.sleep(0.1)
