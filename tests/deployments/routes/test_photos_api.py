import hashlib
import json
from typing import Any

import httpx
import pytest

from tests.deployments.conftest import World

RESULT = b"0123456789" * 300_000


async def finished(world: World, task_id: str, index: int = 0, **more: Any) -> None:
    key, small = f"batches/{task_id}/{index}/1/result.png", f"batches/{task_id}/{index}/1/thumbnail.jpg"
    await world.blobs.put(key, RESULT)
    await world.blobs.put(small, b"small")
    sha = hashlib.sha256(RESULT).hexdigest()
    world.coordinator.work(task_id, index, format="png", sha256=sha, bytes=len(RESULT), **more)


@pytest.fixture
async def photo(world: World) -> str:
    task_id = await world.submit(image_urls=["https://a.org/%E7%BE%8E.heic", "https://a.org/b.jpg"])
    await finished(world, task_id)
    return f"/api/v1/batch/{task_id}/photos/0"


async def test_a_result(world: World, photo: str) -> None:
    named = {"X-Request-ID": "the-same"}
    answer = await world.http.get(f"{photo}/result", headers=named)
    assert answer.status_code == 200
    assert answer.content == RESULT
    assert answer.headers["etag"] == f'"{hashlib.sha256(RESULT).hexdigest()}"'
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(RESULT))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == "inline; filename=\"_.png\"; filename*=UTF-8''%E7%BE%8E.png"
    head = await world.http.head(f"{photo}/result", headers=named)
    assert head.content == b""
    assert head.headers == answer.headers


async def test_a_result_in_part(world: World, photo: str) -> None:
    async def get(**headers: str) -> httpx.Response:
        return await world.http.get(f"{photo}/result", headers={k.replace("_", "-"): v for k, v in headers.items()})

    part = await get(range="bytes=1048570-1048585")
    assert (part.status_code, part.content) == (206, RESULT[1048570:1048586])
    assert part.headers["content-range"] == f"bytes 1048570-1048585/{len(RESULT)}"
    assert (await get(range="bytes=0-1", if_range='"old"')).content == RESULT
    assert (await get(range="bytes=0-1", if_range=part.headers["etag"])).content == RESULT[:2]
    outside = await get(range=f"bytes={len(RESULT)}-")
    assert (outside.status_code, outside.json()["code"]) == (416, "range_not_satisfiable")
    assert outside.headers["content-range"] == f"bytes */{len(RESULT)}"
    known = await get(if_none_match=part.headers["etag"])
    assert (known.status_code, known.content) == (304, b"")


async def test_thumbnail(world: World, photo: str) -> None:
    answer = await world.http.get(f"{photo}/thumbnail")
    assert (answer.content, answer.headers["content-type"]) == (b"small", "image/jpeg")


async def test_what_is_not_ready(world: World, photo: str) -> None:
    other = photo.replace("/0", "/1").replace("/photos/1", "/photos/1")
    waiting = await world.http.get(f"{other}/result")
    assert (waiting.status_code, waiting.json()["code"]) == (404, "not_ready")
    task_id = photo.split("/")[4]
    world.coordinator.work(task_id, 1, error={"code": "truncated", "message": "It ends early.", "retryable": False})
    failed = await world.http.get(f"{other}/result")
    assert (failed.status_code, failed.json()["code"]) == (404, "not_ready")
    assert "truncated" in failed.json()["detail"]
    for path, code in ((photo.replace("/0", "/2"), "not_found"), (photo.replace("/0", "/x"), "invalid_request")):
        assert (await world.http.get(f"{path}/result")).json()["code"] == code


async def test_originals(world: World, jpeg: bytes) -> None:
    file = world.folder / "photos" / "a b.jpg"
    file.write_bytes(jpeg)
    upload = (await world.http.post("/api/v1/uploads?name=u.jpg", content=jpeg)).json()
    urls = [file.as_uri(), upload["source"], "https://a.org/c.svg", "https://a.org/d.jpg"]
    task_id = await world.submit(image_urls=urls)
    await world.blobs.put(f"batches/{task_id}/2/1/original", b"<svg/>")
    world.coordinator.work(task_id, 2, original=True, input_sha256="ff")
    answers = [await world.http.get(f"/api/v1/batch/{task_id}/photos/{index}/original") for index in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404]
    assert [answer.content for answer in answers[:3]] == [jpeg, jpeg, b"<svg/>"]
    assert answers[0].headers["etag"].startswith('W/"')
    assert answers[2].headers["content-type"] == "application/octet-stream"
    assert answers[2].headers["content-disposition"].startswith("attachment")
    part = await world.http.get(f"/api/v1/batch/{task_id}/photos/0/original", headers={"range": "bytes=-7"})
    assert part.content == jpeg[-7:]
    file.unlink()
    gone = await world.http.get(f"/api/v1/batch/{task_id}/photos/0/original")
    assert (gone.status_code, gone.json()["code"]) == (404, "source_not_found")
    file.symlink_to("/etc/passwd")
    outside = await world.http.get(f"/api/v1/batch/{task_id}/photos/0/original")
    assert (outside.status_code, outside.json()["code"]) == (403, "forbidden_path")


async def test_the_name_follows_the_template(world: World) -> None:
    task_id = await world.submit(output={"name": "{index}_{preset}_{stem}"})
    await finished(world, task_id)
    answer = await world.http.get(f"/api/v1/batch/{task_id}/photos/0/result")
    assert answer.headers["content-disposition"] == 'inline; filename="0_filter_warm_one.png"'


async def test_lists_in_pages(world: World) -> None:
    task_id = await world.submit(image_urls=[f"https://a.org/{n}.jpg" for n in range(5)])
    await finished(world, task_id, 3)
    base = f"/api/v1/batch/{task_id}/photos"
    seen, cursor = [], ""
    while cursor is not None:
        page = (await world.http.get(base, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [photo["index"] for photo in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [0, 1, 2, 3, 4]
    [done] = (await world.http.get(base, params={"status": "succeeded"})).json()["items"]
    assert done["result"]["url"] == f"{base}/3/result"
    assert "key" not in done["result"]
    assert "batches/" not in str(done)


async def test_a_deleted_batch_is_gone_everywhere(world: World, photo: str) -> None:
    batch = photo.rpartition("/photos")[0]
    assert (await world.http.delete(batch)).status_code == 204
    for path in (batch, f"{batch}/photos", f"{photo}/result", f"{photo}/original", f"{batch}/events"):
        answer = await world.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert (await world.http.delete(batch)).status_code == 204, "as long as its files are being removed"
    await world.coordinator.sweep()
    assert (await world.http.delete(batch)).status_code == 404
    assert [key async for key in world.blobs.list("batches")] == []


async def test_the_manifest_has_a_line_for_each_photo(world: World) -> None:
    world.urls = [f"https://example.com/{n}.jpg?key=secret" for n in range(700)]
    task_id = await world.submit(preset_id="filter_warm", preset_params={"fade": 0.25})
    world.coordinator.work(task_id, 0, orientation=6, profile=True)
    world.coordinator.work(task_id, 1, error={"code": "corrupt", "message": "Damaged.", "retryable": False})
    answer = await world.http.get(f"/api/v1/batch/{task_id}/manifest.jsonl")
    assert answer.headers["content-type"] == "application/jsonl"
    assert f"{task_id}.jsonl" in answer.headers["content-disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["index"] for line in lines] == list(range(700))
    first, second, third = lines[:3]
    assert (first["input_sha256"], first["output"]["sha256"]) == ("cd" * 32, "ab" * 32)
    assert (first["orientation"], first["profile_kept"]) == (6, True)
    assert (first["preset"]["id"], first["preset"]["version"], first["preset"]["params"]["fade"]) == (
        "filter_warm",
        2,
        0.25,
    )
    assert (second["status"], second["error"]["code"], second["output"]) == ("failed", "corrupt", None)
    assert third["status"] == "queued"
    assert "secret" not in answer.text
