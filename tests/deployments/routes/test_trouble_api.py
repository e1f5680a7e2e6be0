"""What clients hear while the disk is full, the journal is away, or their batch has expired."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from actors.pool.worker_record import Kind, Place
from deployments.api import create_api
from storage.blobs import Blobs
from storage.errors import StorageError
from tests.deployments.conftest import URLS, World

SUBMIT = {"image_urls": URLS, "preset_id": "filter_warm"}


async def test_a_full_disk(world: World) -> None:
    world.coordinator.employ()
    task_id = await world.submit()
    world.coordinator._hold.begin()
    refused = await world.http.post("/api/v1/batch/submit", json=SUBMIT)
    assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
    health = await world.http.get("/api/v1/health")
    assert (health.status_code, health.json()["blobs"]) == (503, "full")
    assert "disk is full" in health.json()["reason"]
    batch = await world.http.get(f"/api/v1/batch/{task_id}")
    assert batch.json()["status"] == "queued"


async def test_uploads_leave_the_last_of_the_room_to_the_journal(world: World, jpeg: bytes) -> None:
    api = create_api(replace(world.services, least_room=1 << 60))
    files = [("files", ("a.jpg", jpeg))]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://test") as http:
        for refused in (
            await http.post("/api/v1/uploads?name=u.jpg", content=jpeg),
            await http.post("/api/v1/batch/submit", data={"preset_id": "filter_warm"}, files=files),
        ):
            assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
    assert world.stored() == []


async def test_a_batch_whose_files_cannot_be_removed_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = await world.submit(), await world.submit()
    for task_id in (stuck, other):
        await world.blobs.put(f"batches/{task_id}/0/1/result.jpg", b"result")
        await world.http.delete(f"/api/v1/batch/{task_id}")
    remove = Blobs.delete_prefix

    async def stubborn(blobs: Blobs, prefix: str) -> Any:
        if stuck in prefix:
            raise StorageError("Somebody has locked it.")
        return await remove(blobs, prefix)

    monkeypatch.setattr(Blobs, "delete_prefix", stubborn)
    await world.coordinator.sweep()
    assert [key.split("/")[1] for key in world.stored()] == [stuck]


async def test_a_journal_that_is_away(world: World) -> None:
    world.coordinator.employ()
    world.coordinator._ledger.trouble = "unavailable"
    refused = await world.http.post("/api/v1/batch/submit", json=SUBMIT)
    assert (refused.status_code, refused.json()["code"]) == (503, "journal_unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    health = await world.http.get("/api/v1/health")
    assert (health.status_code, health.json()["journal"]) == (503, "unavailable")
    assert (await world.http.get("/api/v1/batch")).json()["items"] == []


async def test_health_names_a_node_in_quarantine(world: World) -> None:
    world.coordinator.employ()
    assert (await world.http.get("/api/v1/health")).json()["quarantined"] == []
    pool = world.coordinator._supervisor.pool
    pool.quarantine.hold(Place("0badcafe", Kind.GPU), "a GPU worker cannot use the GPU there: the driver is too old")
    health = await world.http.get("/api/v1/health")
    (held,) = health.json()["quarantined"]
    assert (health.status_code, held["node"], held["kind"]) == (200, "0badcafe", "gpu")
    assert "driver is too old" in held["reason"]
    assert datetime.fromisoformat(held["until"]) > datetime.now(UTC)
    assert health.json()["gpu_workers"] == {"ready": 0, "busy": 0, "starting": 0, "max": 0}


async def test_results_are_kept_for_their_time_and_no_longer(world: World, jpeg: bytes) -> None:
    upload = (await world.http.post("/api/v1/uploads?name=u.jpg", content=jpeg)).json()
    unused = (await world.http.post("/api/v1/uploads?name=v.jpg", content=jpeg)).json()
    task_id = await world.submit(image_urls=[upload["source"]])
    result = f"batches/{task_id}/0/1/result.jpg"
    await world.blobs.put(result, b"result")
    world.coordinator.work(task_id, 0)
    batch = (await world.http.get(f"/api/v1/batch/{task_id}")).json()
    assert batch["expires_at"] > batch["finished_at"]
    await world.coordinator.sweep(later_s=50)
    assert (await world.http.get(f"/api/v1/batch/{task_id}/photos/0/result")).status_code == 200
    await world.coordinator.sweep(later_s=70)
    for path in ("", "/photos", "/photos/0/result", "/photos/0/original"):
        assert (await world.http.get(f"/api/v1/batch/{task_id}{path}")).status_code == 404
    assert result not in world.stored()
    assert f"uploads/{upload['id']}/content" not in world.stored()
    assert f"uploads/{unused['id']}/content" in world.stored(), "somebody may still name it"
    await world.coordinator.sweep(later_s=90_000)
    assert world.stored() == []


async def test_a_batch_that_is_paused_for_a_week_has_ended(world: World) -> None:
    task_id = await world.submit()
    paused = (await world.http.post(f"/api/v1/batch/{task_id}/pause")).json()
    assert paused["expires_at"] is not None
    await world.coordinator.sweep(later_s=6 * 86_400)
    assert (await world.http.get(f"/api/v1/batch/{task_id}")).json()["status"] == "paused"
    await world.coordinator.sweep(later_s=7 * 86_400 + 70)
    assert (await world.http.get(f"/api/v1/batch/{task_id}")).status_code == 404


async def test_a_callback_needs_a_secret_to_sign_with(world: World) -> None:
    refused = await world.http.post("/api/v1/batch/submit", json=SUBMIT | {"callback_url": "https://a.org/done"})
    assert (refused.status_code, refused.json()["field"]) == (422, "callback_url")
    assert "BATCH_CALLBACK_SECRET" in refused.json()["detail"]


@pytest.mark.parametrize("body", [b"\xff", b"[" * 100_000, b'{"params": {"exposure": ' + b"1" * 5000 + b"}}"])
async def test_a_body_that_no_parser_takes_is_no_json(world: World, body: bytes) -> None:
    for path in ("batch/submit", "presets", "presets/preview"):
        answer = await world.http.post(f"/api/v1/{path}", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json"), path


async def test_the_allow_header_names_every_method_of_a_path(world: World) -> None:
    for path, methods in {
        "/batch/b1": "DELETE, GET, PATCH",
        "/batch/submit": "POST",
        "/presets/x": "DELETE, GET, PUT",
        "/batch/b1/photos/0/result": "GET, HEAD",
    }.items():
        answer = await world.http.request("TRACE", f"/api/v1{path}")
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)
