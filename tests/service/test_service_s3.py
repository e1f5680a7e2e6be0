"""Blobs, sources and prefixes in S3, through the whole service."""

import asyncio
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image
from pytest import MonkeyPatch  # noqa: PT013

from benchmarks.servers.s3_server import S3Server
from benchmarks.servers.server import Server, serving
from photobatch import PhotoBatch
from storage.blobs import open_blobs
from tests.actors.sources.paging_s3 import paging

KEYS = [f"shoot/{number:05d}.jpg" for number in range(3000)]


def small_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((16, 16), 80).convert("RGB").save(buffer, "jpeg")
    return buffer.getvalue()


def coordinator_of(server: Server) -> psutil.Process:
    (found,) = [process for process in server.family() if "Coordinator" in " ".join(process.cmdline())]
    return found


async def until(server: Server, task_id: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        answer = await asyncio.to_thread(server.http.get, f"/api/v1/batch/{task_id}")
        if answer.status_code == httpx.codes.OK and condition(answer.json()):
            batch: dict[str, Any] = answer.json()
            return batch
        assert time.monotonic() < deadline, answer.text
        await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_a_coordinator_killed_while_it_lists_misses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    async with paging(KEYS) as store:
        store.body, store.hold_after = small_jpeg(), KEYS[1999]
        store.gate.clear()
        with serving(tmp_path, BATCH_SOURCE_URLS="s3://photos/shoot", BATCH_REUSE="0", **store.environment) as server:
            request = {"image_urls": ["s3://photos/shoot/"], "preset_id": "filter_warm"}
            submitted = await asyncio.to_thread(lambda: server.submit(**request))
            assert (submitted["total"], submitted["expanding"]) == (0, True)
            task_id = submitted["task_id"]
            batch = await until(server, task_id, lambda batch: batch["counts"]["succeeded"] > 20)
            assert (batch["counts"]["total"], batch["expanding"], batch["progress"]) == (2000, True, None)
            coordinator_of(server).kill()
            store.gate.set()
            again = await until(server, task_id, lambda batch: not batch["expanding"])
            assert again["version"] >> 32 > batch["version"] >> 32, "another coordinator"
            batch = await asyncio.to_thread(server.ended, task_id, 120)
            assert (batch["status"], batch["counts"]["succeeded"], batch["errors"]) == ("completed", 3000, [])
            photos = await asyncio.to_thread(server.photos, task_id)
            assert [photo["source"] for photo in photos] == [f"s3://photos/{key}" for key in KEYS]


def test_blobs_and_sources_in_a_real_s3(
    tmp_path: Path, photo_folder: Path, s3: S3Server, bucket: str, monkeypatch: MonkeyPatch
) -> None:
    for name in ("astronaut", "coffee", "text"):
        s3.call("PUT", bucket, f"photos/sub/{name} 1.jpg", (photo_folder / f"{name}.jpg").read_bytes())
    s3.call("PUT", bucket, "photos/notes.txt", b"not a photo")
    settings = {
        "BATCH_BLOB_URL": f"s3://{bucket}/blobs",
        "BATCH_SOURCE_URLS": f"s3://{bucket}/photos",
        "BATCH_SIGNED_DOWNLOADS": "1",
        "BATCH_SIGNED_UPLOADS": "1",
    }
    with serving(tmp_path, **settings) as server, PhotoBatch(server.url) as client:
        upload = client.upload(photo_folder / "rocket.jpg")
        assert upload.sha256 is None, "its bytes went to the store itself"
        sources = [f"s3://{bucket}/photos/", upload.source, f"s3://{bucket}/photos/sub/coffee%201.jpg"]
        task_id = server.submit(image_urls=sources, preset_id="filter_warm")["task_id"]
        batch = server.ended(task_id)
        assert (batch["counts"]["total"], batch["counts"]["succeeded"], batch["counts"]["failed"]) == (5, 4, 1)
        photos = server.photos(task_id)
        assert [photo["name"] for photo in photos] == [
            "rocket.jpg", "coffee 1.jpg", "astronaut 1.jpg", "coffee 1.jpg", "text 1.jpg",
        ]  # fmt: skip
        assert photos[4]["error"]["code"] == "unsupported_media"
        for photo in photos[:4]:
            sent = server.http.get(photo["result"]["url"])
            assert sent.status_code == 307
            result = httpx.get(sent.headers["location"], trust_env=False)
            assert result.headers["content-type"] == "image/jpeg"
            assert len(result.content) == photo["result"]["bytes"]
            assert Image.open(io.BytesIO(result.content)).size == (photo["result"]["width"], photo["result"]["height"])
        original = httpx.get(server.http.get(f"/api/v1/batch/{task_id}/photos/2/original").headers["location"])
        assert original.content == (photo_folder / "astronaut.jpg").read_bytes()
        server.http.delete(f"/api/v1/batch/{task_id}")
        blobs = open_blobs(settings["BATCH_BLOB_URL"])
        deadline = time.monotonic() + 30
        while left := asyncio.run(_keys(blobs, "batches")):
            assert time.monotonic() < deadline, left
            time.sleep(0.2)
    assert not os.path.exists(tmp_path / "data" / "blobs")


async def _keys(blobs: Any, prefix: str) -> list[str]:
    return [key async for key in blobs.list(prefix)]


def test_serve_tries_the_store_before_it_starts(tmp_path: Path, s3: S3Server) -> None:
    server = Server(tmp_path, BATCH_BLOB_URL="s3://no-such-bucket/blobs")
    server.begin()
    assert server.wait() != 0
    said = server.output.read_text()
    assert "The bucket of BATCH_BLOB_URL (s3://no-such-bucket/blobs) does not exist" in " ".join(said.split())
    assert "Traceback" not in said
