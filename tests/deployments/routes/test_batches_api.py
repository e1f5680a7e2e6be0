import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.pool.worker_record import Kind
from deployments.api import create_api
from presets.catalogue import Catalogue
from tests.deployments.conftest import World
from tests.deployments.in_process import InProcess

ROOT = "/api/v1"


async def test_controls(world: World) -> None:
    batch = f"{ROOT}/batch/{await world.submit()}"
    steps = [("pause", "paused"), ("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")]
    for action, status in [*steps, ("cancel", "cancelled"), ("retry", "queued")]:
        answer = await world.http.post(f"{batch}/{action}")
        assert (answer.status_code, answer.json()["status"]) == (200, status), action
    await world.http.post(f"{batch}/cancel")
    answer = await world.http.post(f"{batch}/pause")
    assert (answer.status_code, answer.json()["code"]) == (409, "bad_transition")


async def test_list(world: World) -> None:
    made = [await world.submit(user_id=user) for user in ("ann", "bob", "ann")]
    page = (await world.http.get(f"{ROOT}/batch", params={"limit": 2})).json()
    rest = (await world.http.get(f"{ROOT}/batch", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [batch["task_id"] for batch in page["items"] + rest["items"]] == sorted(made, reverse=True)
    assert rest["next_cursor"] is None
    ann = (await world.http.get(f"{ROOT}/batch", params={"user_id": "ann", "status": "queued"})).json()
    assert len(ann["items"]) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=foo", "status"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("cursor=a/b", "cursor"),
        ("cursor=next", "cursor"),
    ],
)
async def test_queries_name_what_is_wrong(world: World, query: str, field: str) -> None:
    task_id = await world.submit()
    for path in (f"{ROOT}/batch", f"{ROOT}/batch/{task_id}/photos"):
        answer = await world.http.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_request", field)


async def test_stats(world: World) -> None:
    await world.submit()
    stats = (await world.http.get(f"{ROOT}/batch/stats")).json()
    assert stats["batches"]["queued"] == 1
    assert stats["queue"] == {"batches": 1, "photos": 2, "limit": 5}
    assert stats["workers"] == {"ready": 0, "busy": 0, "starting": 0, "max": 0}


async def test_presets(world: World) -> None:
    presets = (await world.http.get(f"{ROOT}/presets")).json()["items"]
    assert len(presets) == len(Catalogue.built_in().list())
    one = (await world.http.get(f"{ROOT}/presets/beauty_light")).json()
    assert one in presets
    assert one["name"]["zh"] == "轻美颜"
    answer = await world.http.get(f"{ROOT}/presets/beauty_lite")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_preset")
    assert "beauty_light" in answer.json()["detail"]


async def test_addresses_and_methods_that_there_are_not(world: World) -> None:
    for path in ("/nope", f"{ROOT}/batch/", f"{ROOT}/batch/x/y/z"):
        answer = await world.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        assert answer.headers["content-type"] == "application/problem+json"
    wrong = await world.http.put(f"{ROOT}/batch")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method_not_allowed", "GET")


async def test_a_bug_of_ours_says_nothing_about_us(world: World) -> None:
    async def broken(*args: Any) -> Any:
        raise RuntimeError("/secret/path on host-7")

    world.coordinator.get = broken  # type: ignore[method-assign]
    answer = await world.http.get(f"{ROOT}/batch/b1")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert "host-7" not in answer.text


async def test_health(world: World) -> None:
    async def health() -> tuple[int, str, str | None]:
        answer = await world.http.get(f"{ROOT}/health")
        body = answer.json()
        return answer.status_code, body["status"], body["reason"]

    assert await health() == (503, "starting", "no worker is ready yet")
    world.coordinator._supervisor.pool.crews[Kind.CPU]._quick_deaths = 9
    status, word, reason = await health()
    assert (status, word) == (503, "unavailable")
    assert "workers end" in str(reason)
    world.coordinator.employ()
    assert await health() == (200, "ok", None)
    world.coordinator.down = True
    assert await health() == (503, "unavailable", "no coordinator")
    live = await world.http.get(f"{ROOT}/health/live")
    assert (live.status_code, live.json()) == (200, {"status": "ok"})


async def test_health_tells_of_a_store_that_fails(world: World) -> None:
    world.coordinator.employ()
    blobs = world.folder / "blobs"
    blobs.rmdir()
    blobs.write_text("in the way")
    answer = await world.http.get(f"{ROOT}/health")
    assert (answer.status_code, answer.json()["blobs"]) == (503, "unavailable")
    assert str(world.folder) not in answer.text


async def test_the_document_describes_every_route_and_resolves(world: World) -> None:
    document = (await world.http.get("/openapi.json")).json()
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) <= set(schemas)
    assert "HTTPValidationError" not in text
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+){0,2}", name) for name in names), "generated clients call these"
    assert document["servers"][0]["url"] == "/"
    submit = document["paths"][f"{ROOT}/batch/submit"]["post"]
    kinds = {"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}
    assert set(submit["requestBody"]["content"]) == kinds
    assert set(schemas["SubmitForm"]["properties"]) == set(schemas["SubmitRequest"]["properties"])
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            assert any(status.startswith("2") for status in answers), (path, method)
            for status, answer in answers.items():
                if int(status) >= 400 and (path, status) != (f"{ROOT}/health", "503"):
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)
    assert (await world.http.get("/docs")).status_code == 200
    assert "/docs" in (await world.http.get("/")).text


async def test_health_tells_of_files_that_lie_on_several_machines(world: World, tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    coordinator = InProcess(tmp_path / "local", world.blobs, local_blobs=True)
    coordinator.employ()
    api = create_api(replace(world.services, coordinator=coordinator.client))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://test") as http:
        assert (await http.get(f"{ROOT}/health")).status_code == 200
        coordinator._machines = 2
        answer = await http.get(f"{ROOT}/health")
    assert (answer.status_code, answer.json()["blobs"]) == (503, "local_storage")
    assert "BATCH_BLOB_URL" in answer.json()["reason"]
    coordinator.shut()
