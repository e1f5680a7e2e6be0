"""Uploads that no batch names: each user has so many bytes of them, whatever is restarted or breaks off."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from actors.coordinator.upload_budget import UploadBudget
from deployments.api import create_api
from deployments.intake.uploads import Uploads
from tests.deployments.closed import closed
from tests.deployments.conftest import World
from tests.deployments.in_process import InProcess

UPLOADS, SUBMIT = "/api/v1/uploads", "/api/v1/batch/submit"
FORM = {"preset_id": "filter_warm"}


def limit(world: World, size: int | None) -> None:
    world.coordinator._uploads._limit = size


async def upload(http: httpx.AsyncClient, body: Any) -> httpx.Response:
    return await http.post(UPLOADS, params={"name": "a.jpg"}, content=body)


async def stored(http: httpx.AsyncClient, body: Any) -> str:
    answer = await upload(http, body)
    assert answer.status_code == 201, answer.text
    source: str = answer.json()["source"]
    return source


def is_refused(answer: httpx.Response) -> bool:
    refused = (answer.status_code, answer.json()["code"]) == (409, "too_many_uploads")
    assert not refused or "batch" in answer.json()["detail"]
    return refused


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    """A body whose size nobody knows before it ends."""
    yield body


async def test_uploads_are_refused_until_a_batch_names_some(world: World, jpeg: bytes) -> None:
    limit(world, 2 * len(jpeg))
    sources = [await stored(world.http, jpeg) for _ in range(2)]
    kept = world.stored()
    assert is_refused(await upload(world.http, jpeg))
    assert world.stored() == kept
    await world.submit(image_urls=sources[:1])
    await stored(world.http, jpeg)
    assert is_refused(await upload(world.http, jpeg))


async def test_each_user_has_their_own(world: World, jpeg: bytes) -> None:
    limit(world, len(jpeg))
    async with closed(world) as here:
        await stored(here.ann, jpeg)
        assert is_refused(await upload(here.ann, jpeg))
        await stored(here.ben, jpeg)


async def test_what_is_refused_or_breaks_off_does_not_count(world: World, jpeg: bytes) -> None:
    limit(world, 300_000)

    async def broken() -> AsyncIterator[bytes]:
        yield jpeg
        raise ConnectionError

    for body in (b"no photo", b"", jpeg[:40], in_pieces(b"x" * 250_000), broken()):
        assert (await upload(world.http, body)).status_code >= 400
    whole = asyncio.ensure_future(upload(world.http, jpeg))
    await asyncio.sleep(0)
    whole.cancel()
    await asyncio.gather(whole, return_exceptions=True)
    limit(world, len(jpeg))
    await stored(world.http, jpeg)


async def test_an_upload_counts_while_it_comes_and_then_as_much_as_came(world: World, jpeg: bytes) -> None:
    limit(world, 200_000 + len(jpeg))  # a file may have 200,000 bytes
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        begun.set()
        yield jpeg
        await go_on.wait()

    coming = asyncio.ensure_future(upload(world.http, slow()))
    await begun.wait()
    await stored(world.http, jpeg)
    assert is_refused(await upload(world.http, jpeg))
    go_on.set()
    assert (await coming).status_code == 201
    await stored(world.http, jpeg)


async def test_a_restart_forgets_nothing(world: World, jpeg: bytes) -> None:
    sources = [await stored(world.http, jpeg) for _ in range(3)]
    await world.submit(image_urls=sources[:1])
    world.coordinator.shut()
    successor = InProcess(world.folder, world.blobs, max_upload_bytes_per_user=3 * len(jpeg))
    await successor.sweep()
    api = create_api(replace(world.services, coordinator=successor.client))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://test") as http:
        await stored(http, jpeg)
        assert is_refused(await upload(http, jpeg))
        await successor.sweep(90_000.0)  # what is unused so long is removed
        await stored(http, jpeg)
    successor.shut()


async def test_claims_of_an_ingress_that_died_end(world: World, jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.coordinator.upload_budget.COMING_S", 0.0)
    limit(world, len(jpeg))
    await world.coordinator.hold_upload("u-of-a-dead-ingress", "anonymous", len(jpeg))
    assert is_refused(await upload(world.http, jpeg))
    await world.coordinator.sweep()
    await stored(world.http, jpeg)
    await world.coordinator.sweep()
    assert is_refused(await upload(world.http, jpeg)), "what is there still counts"


@pytest.mark.parametrize("known", [True, False])
async def test_the_files_of_a_form_count_until_its_batch_has_them(world: World, jpeg: bytes, known: bool) -> None:
    whole = httpx.Request("POST", "http://test", data=FORM, files=[("files", ("a.jpg", jpeg))] * 3)
    body = whole.read()
    headers = {"content-type": whole.headers["content-type"]}
    content = body if known else in_pieces(body)
    limit(world, len(body) - 1 if known else 200_000)
    refused = await world.http.post(SUBMIT, content=content, headers=headers)
    assert is_refused(refused)
    assert world.stored() == []
    limit(world, len(body) if known else 200_000 + 2 * len(jpeg))
    for _ in range(2):
        content = body if known else in_pieces(body)
        assert (await world.http.post(SUBMIT, content=content, headers=headers)).status_code == 202
    assert not world.coordinator._uploads


async def test_a_refused_form_does_not_count(world: World, jpeg: bytes) -> None:
    files = [("files", ("a.jpg", jpeg))]
    for _ in range(5):
        await world.submit()
    for fields in (FORM, {"preset_id": "nothing"}, {}):
        assert (await world.http.post(SUBMIT, data=fields, files=files)).status_code >= 400
    assert not world.coordinator._uploads


async def test_a_withdrawn_batch_gives_its_uploads_back(world: World, jpeg: bytes) -> None:
    source = await stored(world.http, jpeg)
    task_id = await world.submit(image_urls=[source])
    limit(world, len(jpeg))
    world.coordinator._condemn(world.coordinator._ledger.get(task_id), withdrawn=True)
    await world.coordinator.sweep()
    assert is_refused(await upload(world.http, jpeg))
    await world.submit(image_urls=[source])
    await stored(world.http, jpeg)


async def test_uploads_leave_room_on_a_disk() -> None:
    free: int | None = 1000
    budget = UploadBudget(10_000, lambda: free)
    budget.hold("u1", "ann", 700)
    free = 300
    for user, size in (("ann", 200), ("ben", 900)):
        with pytest.raises(Exception, match="too_many_uploads"):
            budget.hold("u2", user, size)
    budget.hold("u2", "ann", 100)
    budget.hold("u3", "ben", 250)
    free = None  # a store without an end
    budget.hold("u4", "ben", 9000)


async def test_the_record_of_an_upload_is_what_the_budget_reads(world: World, jpeg: bytes) -> None:
    source = await stored(world.http, jpeg)
    upload_id = source.partition(":")[2]
    record = json.loads(await world.blobs.get(f"uploads/{upload_id}/record.json"))
    assert (record["user_id"], record["bytes"]) == ("anonymous", len(jpeg))
    parts: Uploads = world.api.state.parts.uploads
    await parts.claims.release([upload_id])
    assert not world.coordinator._uploads
    await world.coordinator.sweep()
    assert len(world.coordinator._uploads) == 1
