"""Variants of results, and names with dates: in the answer, the ZIP file, a download and the manifest alike."""

import asyncio
import hashlib
import io
import json
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from photobatch import AsyncPhotoBatch
from storage.keys import result_key, variant_key
from tests.deployments.conftest import World
from tests.deployments.in_process import served

OUTPUT = {"name": "{date}_{counter:03}_{stem}", "also": [{"name": "web", "max_side": 64, "format": "webp"}]}
NAMES = ["2026-05-03_001_one", "2026-05-04_002_one"]


async def finished(world: World) -> str:
    """Return a batch whose two photos have results with a variant."""
    world.urls = ["https://example.com/one.jpg", "https://example.com/b/one.jpg"]
    task = await world.submit(output=OUTPUT)
    for index, day in enumerate("34"):
        data = {"result": b"large" + day.encode(), "web": b"web" + day.encode()}
        await world.blobs.put(result_key(task, index, 1, "jpg"), data["result"])
        await world.blobs.put(variant_key(task, index, 1, "web", "webp"), data["web"])
        web = {"width": 4, "height": 3, "format": "webp"} | _told(data["web"])
        world.coordinator.work(
            task, index, **_told(data["result"]), also={"web": web}, taken=f"2026-05-0{day}T10:00:00"
        )
    return task


def _told(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "crc32": zlib.crc32(data)}


async def test_a_variant_is_fetched_by_its_name(world: World) -> None:
    task = await finished(world)
    photo = (await world.http.get(f"/api/v1/batch/{task}/photos")).json()["items"][0]
    assert photo["result"]["taken"] == "2026-05-03T10:00:00"
    [web] = photo["result"]["also"]
    assert (web["name"], web["bytes"], web["format"]) == ("web", 4, "webp")
    answer = await world.http.get(web["url"])
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"web3", "image/webp")
    assert f'filename="{NAMES[0]}.webp"' in answer.headers["content-disposition"]
    assert answer.headers["etag"] == f'"{web["sha256"]}"'
    whole = await world.http.get(photo["result"]["url"])
    assert (whole.content, NAMES[0] in whole.headers["content-disposition"]) == (b"large3", True)
    missing = await world.http.get(f"{photo['result']['url']}?variant=other")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    lines = (await world.http.get(f"/api/v1/batch/{task}/manifest.jsonl")).text.splitlines()
    assert json.loads(lines[0])["also"]["web"]["sha256"] == web["sha256"]


async def test_one_name_everywhere(world: World, tmp_path: Path) -> None:
    task = await finished(world)
    wanted = [f"{name}.jpg" for name in NAMES] + [f"web/{name}.webp" for name in NAMES]
    packed = zipfile.ZipFile(io.BytesIO((await world.http.get(f"/api/v1/batch/{task}/archive.zip")).content))
    assert packed.testzip() is None
    assert sorted(packed.namelist()) == wanted
    assert packed.read(wanted[3]) == b"web4"
    async with served(world.api) as host, AsyncPhotoBatch(f"http://{host}") as client:
        batch = client.batch(task)
        files = await batch.download(tmp_path / "out")
        assert sorted(str(file.relative_to(tmp_path / "out")) for file in files) == wanted
        assert await asyncio.to_thread((tmp_path / "out" / wanted[2]).read_bytes) == b"web3"
        assert await batch.result(1, "web") == b"web4"


async def test_a_photo_without_a_date_has_that_of_its_batch(world: World) -> None:
    task = await world.submit(output={"name": "{date}-{stem}"})
    await world.blobs.put(result_key(task, 0, 1, "jpg"), b"large")
    world.coordinator.work(task, 0)
    answer = await world.http.get(f"/api/v1/batch/{task}/photos/0/result")
    day = (await world.http.get(f"/api/v1/batch/{task}")).json()["created_at"][:10]
    assert re.search(rf'filename="{day}-one\.jpg"', answer.headers["content-disposition"])


async def test_a_name_in_the_zip_does_not_depend_on_what_is_done(world: World) -> None:
    world.urls = ["https://example.com/one.jpg", "https://example.com/b/one.jpg"]
    task = await world.submit()
    await world.blobs.put(result_key(task, 1, 1, "jpg"), b"large")
    world.coordinator.work(task, 1, crc32=zlib.crc32(b"large"))
    packed = zipfile.ZipFile(io.BytesIO((await world.http.get(f"/api/v1/batch/{task}/archive.zip")).content))
    assert packed.namelist() == ["one (2).jpg"]


async def test_a_removed_batch_takes_its_variants_with_it(world: World) -> None:
    task = await finished(world)
    assert [key for key in world.stored() if "also-web.webp" in key]
    assert (await world.http.delete(f"/api/v1/batch/{task}")).status_code == 204
    await world.coordinator.sweep()
    assert world.stored() == []
