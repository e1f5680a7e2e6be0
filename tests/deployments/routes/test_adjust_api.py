"""A photo is computed again with its own parameters."""

import json

import pytest

from actors.coordinator import controls
from tests.deployments.conftest import World

ROOT = "/api/v1"
FAILURE = {"code": "corrupt", "message": "…", "retryable": False}


async def test_a_photo_of_an_ended_batch_is_adjusted(world: World) -> None:
    task = await world.submit()
    path = f"{ROOT}/batch/{task}/photos/1"
    world.coordinator.work(task, 0, 1, sha256="11" * 32)
    await world.coordinator._ledger.put_away(10**12)
    answer = await world.http.post(f"{path}/adjust", json={"preset_params": {"fade": 0.5}})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    again = await world.http.post(f"{path}/adjust", json={"preset_params": {"fade": 0.5}})
    assert again.status_code == 202, "the same call twice is no error"
    other = await world.http.post(f"{path}/adjust", json={"preset_params": {"fade": 0.6}})
    assert (other.status_code, other.json()["code"]) == (409, "photo_active")
    batch = (await world.http.get(f"{ROOT}/batch/{task}")).json()
    assert (batch["status"], batch["finished_at"], batch["counts"]["queued"]) == ("processing", None, 1)
    world.coordinator.work(task, 1, sha256="22" * 32)
    batch = (await world.http.get(f"{ROOT}/batch/{task}")).json()
    assert batch["status"] == "completed"
    page = (await world.http.get(f"{ROOT}/batch/{task}/photos")).json()["items"]
    assert [(each["own_params"], each["revision"]) for each in page] == [(None, 0), ({"fade": 0.5}, 1)]
    lines = (await world.http.get(f"{ROOT}/batch/{task}/manifest.jsonl")).text.splitlines()
    assert json.loads(lines[1])["replaced"] == [{"params": None, "sha256": "11" * 32}]
    assert json.loads(lines[1])["preset"]["params"]["fade"] == 0.5
    again = await world.http.post(f"{path}/adjust", json={"preset_params": {"fade": 0.5}})
    assert again.json()["status"] == "succeeded", "the same call after the end computes nothing again"


async def test_a_failed_adjustment_leaves_the_photo_as_it_was(world: World) -> None:
    task = await world.submit()
    world.coordinator.work(task, 0, 1, sha256="11" * 32)
    await world.http.post(f"{ROOT}/batch/{task}/photos/0/adjust", json={"preset_params": {"fade": 0.5}})
    world.coordinator.work(task, 0, error=FAILURE)
    batch = (await world.http.get(f"{ROOT}/batch/{task}")).json()
    assert (batch["status"], batch["counts"]["succeeded"]) == ("completed", 2)
    photo = (await world.http.get(f"{ROOT}/batch/{task}/photos")).json()["items"][0]
    assert (photo["status"], photo["own_params"], photo["revision"]) == ("succeeded", None, 0)
    assert photo["result"]["sha256"] == "11" * 32
    assert photo["adjust_error"] == FAILURE


async def test_a_batch_whose_adjustment_is_cancelled_is_as_it_was(world: World) -> None:
    whole, partly = await world.submit(), await world.submit()
    world.coordinator.work(whole, 0, 1, sha256="11" * 32)
    world.coordinator.work(partly, 0)
    await world.http.post(f"{ROOT}/batch/{partly}/cancel")
    for task, status in ((whole, "completed"), (partly, "cancelled")):
        await world.http.post(f"{ROOT}/batch/{task}/photos/0/adjust", json={"preset_params": {"fade": 0.5}})
        batch = (await world.http.post(f"{ROOT}/batch/{task}/cancel")).json()
        assert (batch["status"], batch["counts"]["queued"]) == (status, 0)
    photo = (await world.http.get(f"{ROOT}/batch/{whole}/photos")).json()["items"][0]
    assert (photo["result"]["sha256"], photo["own_params"]) == ("11" * 32, None)


async def test_the_file_that_was_replaced_goes_and_the_other_stays(world: World) -> None:
    task = await world.submit()
    world.coordinator.work(task, 0, 1)
    first = (await world.coordinator.photo(task, 0))["result"]["key"]
    await world.blobs.put(first, b"first")
    await world.http.post(f"{ROOT}/batch/{task}/photos/0/adjust", json={"preset_params": {"fade": 0.5}})
    await world.coordinator.sweep(later_s=10)
    assert f"{first}" in " ".join(world.stored()), "nothing better is there yet"
    waiting = (await world.http.get(f"{ROOT}/batch/{task}/photos")).json()["items"][0]
    assert (waiting["status"], waiting["own_params"], waiting["revision"]) == ("queued", {"fade": 0.5}, 0)
    assert (await world.http.get(waiting["result"]["url"])).content == b"first", "the earlier result counts until then"
    world.coordinator.work(task, 0)
    second = (await world.coordinator.photo(task, 0))["result"]["key"]
    await world.blobs.put(second, b"second")
    await world.coordinator.sweep(later_s=10)
    assert first not in world.stored()
    assert (await world.http.get(f"{ROOT}/batch/{task}/photos/0/result")).content == b"second"


async def test_what_cannot_be_adjusted_says_why(world: World) -> None:
    task = await world.submit()
    for path, body, status, code in [
        (f"{task}/photos/0", {"preset_params": {"fade": 0.5}}, 409, "photo_active"),
        (f"{task}/photos/7", {"preset_params": {"fade": 0.5}}, 404, "not_found"),
        (f"{task}/photos/0", {"preset_params": {"fade": 5}}, 422, "invalid_params"),
        (f"{task}/photos/0", {}, 422, "invalid_request"),
        (f"b{'0' * 30}/photos/0", {"preset_params": {}}, 404, "not_found"),
    ]:
        answer = await world.http.post(f"{ROOT}/batch/{path}/adjust", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
    wrong = await world.http.post(f"{ROOT}/batch/{task}/photos/0/adjust", json={"preset_params": {"fade": 5}})
    assert wrong.json()["field"] == "preset_params.fade"


async def test_a_photo_is_adjusted_often_and_not_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls, "MOST_ATTEMPTS", 30)
    task = await world.submit()
    path = f"{ROOT}/batch/{task}/photos/0/adjust"
    world.coordinator.work(task, 0, 1, sha256=f"{1:064x}")
    for count in range(2, 31):
        answer = await world.http.post(path, json={"preset_params": {"fade": count / 100}})
        assert answer.status_code == 202, answer.text
        world.coordinator.work(task, 0, sha256=f"{count:064x}", **({"error": FAILURE} if count > 25 else {}))
    refused = await world.http.post(path, json={"preset_params": {"fade": 0.9}})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_attempts"), "failed ones count too"
    assert f"batch:{task}/0" in refused.json()["detail"], "and how to go on"
    assert (await world.http.get(f"{ROOT}/batch/{task}/photos")).json()["items"][0]["revision"] == 24
    line = json.loads((await world.http.get(f"{ROOT}/batch/{task}/manifest.jsonl")).text.splitlines()[0])
    told = [int(each["sha256"], 16) for each in line["replaced"]]
    assert told == list(range(5, 25)), "the last of those that were replaced"
