"""With BATCH_SIGNED_DOWNLOADS clients fetch from the store itself, over the same routes."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from deployments.api import create_api
from storage.blobs import open_blobs
from storage.keys import result_key, thumbnail_key, upload_key
from tests.deployments.conftest import World
from tests.deployments.in_process import InProcess

RESULT = os.urandom(100_000)


@pytest.fixture
async def signed(world: World, bucket: str, tmp_path: Path) -> AsyncIterator[World]:
    """The world on S3, with a client that speaks to this application and, where it is sent, to S3."""
    blobs = open_blobs(f"s3://{bucket}/folder")
    (tmp_path / "signed").mkdir()
    coordinator = InProcess(tmp_path / "signed", blobs)
    services = replace(world.services, coordinator=coordinator.client, blobs=blobs, signed_downloads=2.0)
    api = create_api(services)
    mounts = {"http://test": httpx.ASGITransport(app=api, raise_app_exceptions=False)}
    async with httpx.AsyncClient(mounts=mounts, base_url="http://test") as http:
        yield replace(world, coordinator=coordinator, blobs=blobs, services=services, api=api, http=http)
    coordinator.shut()


async def finished(world: World, source: str = "https://example.com/one.jpg") -> str:
    task_id = await world.submit(image_urls=[source])
    await world.blobs.put(result_key(task_id, 0, 1, "jpg"), RESULT, "image/jpeg")
    await world.blobs.put(thumbnail_key(task_id, 0, 1), b"small", "image/jpeg")
    world.coordinator.work(task_id, 0)
    return f"/api/v1/batch/{task_id}/photos/0"


async def test_a_client_that_follows_gets_the_same_bytes(signed: World) -> None:
    photo = await finished(signed)
    sent = await signed.http.get(f"{photo}/result")
    assert (sent.status_code, sent.content) == (307, b"")
    assert sent.headers["cache-control"] == "private, no-store"
    assert sent.headers["content-disposition"] == 'inline; filename="one.jpg"'
    there = await signed.http.get(f"{photo}/result", follow_redirects=True)
    assert (there.status_code, there.content) == (200, RESULT)
    assert there.headers["content-type"] == "image/jpeg"
    assert there.headers["etag"]
    assert (await signed.http.get(f"{photo}/thumbnail", follow_redirects=True)).content == b"small"


async def test_our_own_page_gets_the_bytes_from_us(signed: World) -> None:
    photo = await finished(signed)
    page = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    answer = await signed.http.get(f"{photo}/result", headers=page)
    assert (answer.status_code, answer.content) == (200, RESULT)
    elsewhere = await signed.http.get(f"{photo}/result", headers=page | {"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 307


async def test_ranges_heads_and_what_a_client_has_already(signed: World) -> None:
    photo = await finished(signed)
    part = await signed.http.get(f"{photo}/result", headers={"Range": "bytes=10-19"}, follow_redirects=True)
    assert (part.status_code, part.content) == (206, RESULT[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(RESULT)}"
    head = await signed.http.head(f"{photo}/result", follow_redirects=True)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(RESULT)))
    etag = (await signed.http.get(f"{photo}/result")).headers["etag"]
    assert (await signed.http.get(f"{photo}/result", headers={"If-None-Match": etag})).status_code == 304


async def test_the_address_expires_and_is_good_for_one_file(signed: World) -> None:
    photo = await finished(signed)
    address = (await signed.http.get(f"{photo}/result")).headers["location"]
    assert "X-Amz-Expires=2" in address
    assert (await signed.http.get(address)).status_code == 200
    other = address.replace("/result.jpg", "/thumbnail.jpg")
    assert (await signed.http.get(other)).status_code == 403


async def test_the_original_of_an_upload(signed: World, jpeg: bytes) -> None:
    upload = (await signed.http.post("/api/v1/uploads?name=u.jpg", content=jpeg)).json()
    assert await signed.blobs.size(upload_key(upload["id"])) == len(jpeg)
    photo = await finished(signed, upload["source"])
    original = await signed.http.get(f"{photo}/original", follow_redirects=True)
    assert (original.status_code, original.content) == (200, jpeg)


async def test_what_is_not_there_is_not_signed(signed: World) -> None:
    task_id = await signed.submit()
    answer = await signed.http.get(f"/api/v1/batch/{task_id}/photos/0/result")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_ready")


async def test_a_store_that_cannot_sign_sends_the_bytes(world: World) -> None:
    api = create_api(replace(world.services, signed_downloads=60.0))
    photo = await finished(world)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://test") as http:
        answer = await http.get(f"{photo}/result")
    assert (answer.status_code, answer.content) == (200, RESULT)
