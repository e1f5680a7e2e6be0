"""What clients hear, and keep, while the journal does not commit."""

import asyncio
from contextlib import suppress

import pytest

from actors.messages.errors import BatchError
from actors.messages.records import BatchSpec, PhotoSpec, Visit
from tests.deployments.conftest import World
from tests.storage.locked import locked

SUBMIT = "/api/v1/batch/submit"
IDLE = Visit(turn=1, outcomes=[], returned=[], holding=0, want=8)


async def test_a_submit_that_was_refused_can_be_repeated_with_the_same_upload(world: World, jpeg: bytes) -> None:
    upload = (await world.http.post("/api/v1/uploads?name=u.jpg", content=jpeg)).json()
    body = {"image_urls": [upload["source"]], "preset_id": "filter_warm"}
    with locked(world.folder / "journal.db"):
        refused = await world.http.post(SUBMIT, json=body, headers={"idempotency-key": "k"})
    assert (refused.status_code, refused.json()["code"]) == (503, "journal_unavailable")
    await world.coordinator.sweep()
    assert f"uploads/{upload['id']}/content" in world.stored(), "its client was told to come again"
    assert (await world.http.get("/api/v1/batch")).json()["items"] == [], "what was refused does not come later"
    again = await world.http.post(SUBMIT, json=body, headers={"idempotency-key": "k"})
    assert again.status_code == 202
    await world.http.delete(f"/api/v1/batch/{again.json()['task_id']}")
    await world.coordinator.sweep()
    assert world.stored() == [], "with a batch that was there its uploads go"


async def test_nothing_is_removed_before_its_deletion_is_durable(world: World) -> None:
    task_id = await world.submit()
    result = f"batches/{task_id}/0/1/result.jpg"
    await world.blobs.put(result, b"result")
    world.coordinator.work(task_id, 0)
    await world.http.get(f"/api/v1/batch/{task_id}")
    with locked(world.folder / "journal.db"):
        refused = await world.http.delete(f"/api/v1/batch/{task_id}")
        assert (refused.status_code, refused.json()["code"]) == (503, "journal_unavailable")
        sweeping = asyncio.ensure_future(world.coordinator.sweep())
        await asyncio.wait({sweeping}, timeout=0.3)
        assert result in world.stored(), "the next coordinator would know nothing of the deletion"
    await sweeping
    assert result not in world.stored()


async def test_a_refused_submit_that_is_repeated_by_its_ingress_makes_no_batch_that_goes_again(world: World) -> None:
    spec = BatchSpec("b-once", "ann", preset={}, output={})
    photos = [PhotoSpec("https://example.com/a.jpg", "a.jpg")]
    with locked(world.folder / "journal.db"), pytest.raises(BatchError, match="journal_unavailable"):
        await world.coordinator.submit(spec, photos)
    with pytest.raises(BatchError, match="journal_unavailable"):
        await world.coordinator.submit(spec, photos)
    await world.coordinator.sweep()
    assert (await world.coordinator.submit(spec, photos))["task_id"] == "b-once"
    await world.coordinator.sweep()
    assert (await world.coordinator.get("b-once"))["counts"]["queued"] == 1


async def test_whoever_listens_is_told_that_the_journal_is_away(world: World) -> None:
    task_id = await world.submit()
    with locked(world.folder / "journal.db"):
        paused = await world.http.post(f"/api/v1/batch/{task_id}/pause")
        assert (paused.status_code, paused.json()["code"]) == (503, "journal_unavailable")
        events = await world.http.get(f"/api/v1/batch/{task_id}/events")
        assert (events.status_code, events.json()["code"]) == (503, "journal_unavailable")
    assert (await world.http.get(f"/api/v1/batch/{task_id}")).json()["status"] == "paused", "it comes all the same"


async def test_while_the_service_holds_a_due_retry_keeps_no_worker_busy_asking(world: World) -> None:
    world.coordinator.employ()
    task_id = await world.submit()
    hiccup = {"code": "fetch_failed", "message": "…", "retryable": True}
    world.coordinator.work(task_id, 0, 1, error=hiccup, again=0.0)
    world.coordinator._hold.begin()
    with suppress(TimeoutError):
        grant = await asyncio.wait_for(world.coordinator.exchange("w1", IDLE), 0.5)
        pytest.fail(f"it was answered at once, with {len(grant.leases)} leases")
    world.coordinator._hold.on = False
    world.coordinator._dispatch.wake()
    grant = await world.coordinator.exchange("w1", IDLE)
    assert len(grant.leases) == 1
