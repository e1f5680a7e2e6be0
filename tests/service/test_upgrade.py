"""`serve deploy` of a new version in the middle of a batch: the old one hands over, and nothing is lost."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from benchmarks import ports
from benchmarks.server import Server
from deployments.session import new_scratch_folder
from tests.service.test_deploy import healthy

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("photobatch", "deployments", "actors", "presets", "models", "storage", "web")
NEW = "99.9.9"
PHOTOS = 1500  # half a minute of work: a deployment takes ten seconds


class Head:
    """A Ray that somebody started, to which versions of the application are deployed."""

    def __init__(self, folder: Path, photos: Path) -> None:
        self.server = Server(folder)
        self.scratch = new_scratch_folder()  # pytest's folders are too long for Ray's sockets
        self._folder = folder
        self._dashboard = f"http://127.0.0.1:{ports.free()}"
        self._environment = {
            **os.environ,
            "PHOTOBATCH_TEST": self.server.mark,
            "BATCH_DATA_DIR": str(folder / "data"),
            "BATCH_FILE_ROOTS": str(photos),
            "BATCH_REUSE": "0",
            "RAY_AUTH_MODE": "disabled",
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        self._environment.pop("PYTHONPATH", None)  # each version has its own code

    def start(self) -> None:
        self._run(
            "ray", "start", "--head", "--node-ip-address=127.0.0.1", f"--port={ports.free()}", "--num-cpus=2",
            f"--dashboard-port={self._dashboard.rpartition(':')[2]}",
            f"--dashboard-agent-listen-port={ports.free()}",
            f"--temp-dir={self.scratch}", "--object-store-memory=100000000",
        )  # fmt: skip

    def deploy(self, checkout: Path) -> None:
        """Deploy a checkout's application."""
        config = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
        config["http_options"]["port"] = self.server.port
        config["applications"][0]["runtime_env"] = {"working_dir": f"local://{checkout}"}
        file = self._folder / "serve_config.yaml"
        file.write_text(yaml.safe_dump(config))
        self._run("serve", "deploy", str(file), "-a", self._dashboard)

    def stop(self) -> None:
        for process in self.server.processes():
            process.kill()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            env=self._environment, cwd=self._folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def head(tmp_path: Path, photo_folder: Path) -> Iterator[Head]:
    one = Head(tmp_path, photo_folder)
    try:
        one.start()
        yield one
    finally:
        one.stop()


def checkout(folder: Path, version: str | None = None) -> Path:
    """A copy of what runs, as another version."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    if version:
        (folder / "photobatch/__init__.py").write_text(f'"""Another version."""\n\n__version__ = "{version}"\n')
    return folder


@pytest.mark.slow
def test_a_new_version_takes_over_and_every_photo_ends_once(head: Head, tmp_path: Path, photo_folder: Path) -> None:
    server = head.server
    head.deploy(checkout(tmp_path / "old"))
    until(lambda: healthy(server), "the old version")
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


async def followed(head: Head, task: str, new: Path) -> dict[int, str]:
    """Follow a batch to its end while the new version is deployed; return every photo's last state."""
    deploying = asyncio.create_task(asyncio.to_thread(head.deploy, new))
    seen: dict[int, str] = {}
    since = 1
    url = f"ws://127.0.0.1:{head.server.port}/ws/batch/{task}"
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
