"""With BATCH_SIGNED_UPLOADS clients send their files to the store itself, and nothing changes afterwards."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.api import create_api
from deployments.wire.problems import ApiError
from models.codec.header import Limits
from storage.blobs import open_blobs
from storage.keys import upload_key
from tests.deployments.conftest import World
from tests.deployments.in_process import InProcess

UPLOADS = "/api/v1/uploads"


@pytest.fixture
async def signing(world: World, bucket: str, tmp_path: Path) -> AsyncIterator[World]:
    """The world on S3, with a client that speaks to this application and, where it is told to, to S3."""
    blobs = open_blobs(f"s3://{bucket}/folder")
    (tmp_path / "signed").mkdir()
    coordinator = InProcess(tmp_path / "signed", blobs, max_upload_bytes_per_user=100_000)
    limits = Limits(max_pixels=1_000_000, max_bytes=50_000)
    changes: Any = {"coordinator": coordinator.client, "blobs": blobs, "limits": limits, "signed_uploads": True}
    services = replace(world.services, **changes)
    api = create_api(services)
    mounts = {"http://test": httpx.ASGITransport(app=api, raise_app_exceptions=False)}
    async with httpx.AsyncClient(mounts=mounts, base_url="http://test") as http:
        yield replace(world, coordinator=coordinator, blobs=blobs, services=services, api=api, http=http)
    coordinator.shut()


async def begun(world: World, size: int) -> dict[str, Any]:
    answer = await world.http.post(f"{UPLOADS}/signed", json={"name": "../one.jpg", "bytes": size})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def sent(world: World, data: bytes) -> str:
    """Send a file to the store and return the id of its upload."""
    told = await begun(world, len(data))
    there = await world.http.request(told["method"], told["url"], content=data, headers=told["headers"])
    assert there.is_success, there.text
    upload_id: str = told["id"]
    return upload_id


async def accepted(world: World, upload_id: str) -> httpx.Response:
    return await world.http.post(f"{UPLOADS}/{upload_id}/accept")


async def keys(world: World) -> list[str]:
    return sorted([key async for key in world.blobs.list("uploads")])


async def test_a_file_that_went_to_the_store_is_an_upload_like_any_other(signing: World, jpeg: bytes) -> None:
    upload_id = await sent(signing, jpeg)
    answer = await accepted(signing, upload_id)
    upload = answer.json()
    assert (answer.status_code, upload["name"], upload["bytes"]) == (200, "one.jpg", len(jpeg))
    assert (upload["format"], upload["sha256"]) == ("jpeg", None)
    assert upload["width"] > 0
    task_id = await signing.submit(image_urls=[upload["source"]])
    photos = (await signing.http.get(f"/api/v1/batch/{task_id}/photos")).json()["items"]
    assert [photo["name"] for photo in photos] == ["one.jpg"]
    assert await signing.blobs.get(upload_key(upload_id)) == jpeg
    assert await keys(signing) == [f"uploads/{upload_id}/content", f"uploads/{upload_id}/record.json"]


async def test_accepting_twice_gives_the_same_answer(signing: World, jpeg: bytes) -> None:
    upload_id = await sent(signing, jpeg)
    assert (await accepted(signing, upload_id)).json() == (await accepted(signing, upload_id)).json()


async def test_the_address_changes_nothing_once_the_file_is_accepted(signing: World, jpeg: bytes) -> None:
    told = await begun(signing, len(jpeg))
    await signing.http.put(told["url"], content=jpeg)
    await accepted(signing, told["id"])
    assert (await signing.http.put(told["url"], content=b"something else")).is_success, "it is valid for an hour"
    assert await signing.blobs.get(upload_key(told["id"])) == jpeg


async def test_a_file_that_has_not_arrived_can_still_come(signing: World, jpeg: bytes) -> None:
    told = await begun(signing, len(jpeg))
    early = await accepted(signing, told["id"])
    assert (early.status_code, early.json()["code"]) == (409, "upload_incomplete")
    await signing.http.put(told["url"], content=jpeg)
    assert (await accepted(signing, told["id"])).status_code == 200


@pytest.mark.parametrize(
    ("data", "code"), [(b"no picture at all", "unsupported_media"), (b"\xff\xd8" + bytes(60_000), "too_large")]
)
async def test_what_is_refused_leaves_nothing(signing: World, data: bytes, code: str) -> None:
    told = await begun(signing, 10)  # it says less than it sends
    await signing.http.put(told["url"], content=data)
    refused = await accepted(signing, told["id"])
    assert refused.json()["code"] == code
    assert await keys(signing) == []
    assert (await accepted(signing, told["id"])).status_code == 404


async def test_a_file_that_is_too_large_is_refused_before_it_is_sent(signing: World) -> None:
    refused = await signing.http.post(f"{UPLOADS}/signed", json={"bytes": 50_001})
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


async def test_announced_bytes_count_for_their_user(signing: World) -> None:
    for _ in range(2):
        await begun(signing, 50_000)
    refused = await signing.http.post(f"{UPLOADS}/signed", json={"bytes": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_uploads")


async def test_what_one_user_was_given_another_cannot_accept(signing: World, jpeg: bytes) -> None:
    upload_id = await sent(signing, jpeg)
    with pytest.raises(ApiError, match="No such upload"):
        await signing.api.state.parts.signed_uploads.accept(upload_id, "mallory")
    assert (await accepted(signing, upload_id)).status_code == 200
    with pytest.raises(ApiError, match="No such upload"):
        await signing.api.state.parts.signed_uploads.accept(upload_id, "mallory")


@pytest.mark.parametrize("upload_id", ["unknown", "..%2f..", "u" * 129, "%00"])
async def test_an_id_that_nobody_was_given(signing: World, upload_id: str) -> None:
    assert (await accepted(signing, upload_id)).status_code in {404, 422}


async def test_a_folder_gives_out_no_addresses(world: World) -> None:
    api = create_api(replace(world.services, signed_uploads=True))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://test") as http:
        refused = await http.post(f"{UPLOADS}/signed", json={"name": "a.jpg", "bytes": 10})
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_sign")
    assert "POST /api/v1/uploads" in refused.json()["detail"]


async def test_it_is_off_unless_it_is_switched_on(signing: World) -> None:
    api = create_api(replace(signing.services, signed_uploads=False))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://test") as http:
        refused = await http.post(f"{UPLOADS}/signed", json={"name": "a.jpg", "bytes": 10})
    assert refused.json()["code"] == "cannot_sign"
