"""A photo is computed again with its own parameters."""

import json

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
