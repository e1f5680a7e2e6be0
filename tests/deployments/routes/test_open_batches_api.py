"""Batches that photos come to after they were submitted, and photos that are in more than one batch."""

import json
from typing import Any

import pytest

from tests.deployments.closed import closed
from tests.deployments.conftest import World

ROOT = "/api/v1"
MORE = ["https://example.com/three.jpg", "https://example.com/four.jpg"]


async def photos(world: World, task_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.http.get(f"{ROOT}/batch/{task_id}/photos")).json()["items"]
    return items


async def test_an_open_batch_ends_when_it_is_closed(world: World) -> None:
    task = await world.submit(open=True)
    world.coordinator.work(task, 0, 1)
    waiting = (await world.http.get(f"{ROOT}/batch/{task}")).json()
    assert (waiting["status"], waiting["open"], waiting["progress"]) == ("processing", True, None)
    answer = await world.http.post(f"{ROOT}/batch/{task}/photos", params={"at": 2}, json={"image_urls": MORE})
    assert (answer.status_code, answer.json()["counts"]["total"]) == (202, 4)
    closed = (await world.http.post(f"{ROOT}/batch/{task}/close")).json()
    assert (closed["status"], closed["open"]) == ("processing", False)
    world.coordinator.work(task, 2, 3)
    assert (await world.http.get(f"{ROOT}/batch/{task}")).json()["status"] == "completed"
    assert (await world.http.post(f"{ROOT}/batch/{task}/close")).status_code == 200, "the same call twice is no error"


async def test_a_repeated_append_adds_nothing(world: World) -> None:
    task = await world.submit(open=True)
    path, body = f"{ROOT}/batch/{task}/photos?at=2", {"image_urls": MORE}
    for _ in range(2):
        assert (await world.http.post(path, json=body)).json()["counts"]["total"] == 4
    partly = await world.http.post(path, json={"image_urls": [*MORE, "https://example.com/five.jpg"]})
    assert partly.json()["counts"]["total"] == 5, "a crash had kept the last one out"
    await world.http.post(f"{ROOT}/batch/{task}/close")
    assert (await world.http.post(path, json=body)).status_code == 202, "its answer was lost, and another closed it"
    names = [photo["name"] for photo in await photos(world, task)]
    assert names == ["one.jpg", "two.jpg", "three.jpg", "four.jpg", "five.jpg"]


@pytest.mark.parametrize("at", [0, 1, 9])
async def test_who_counts_differently_appends_nothing(world: World, at: int) -> None:
    task = await world.submit(open=True)
    answer = await world.http.post(f"{ROOT}/batch/{task}/photos", params={"at": at}, json={"image_urls": MORE})
    assert (answer.status_code, answer.json()["code"]) == (409, "append_conflict")
    assert "2 photos" in answer.json()["detail"]
    assert ("others" in answer.json()["detail"]) == (at < 2), "behind the last one there are no others"
    assert len(await photos(world, task)) == 2


async def test_a_batch_that_is_not_open_takes_nothing(world: World, jpeg: bytes) -> None:
    task = await world.submit()
    before = world.stored()
    answer = await world.http.post(f"{ROOT}/batch/{task}/photos", files=[("files", ("a.jpg", jpeg, "image/jpeg"))])
    assert (answer.status_code, answer.json()["code"]) == (409, "batch_closed")
    assert world.stored() == before, "the file that came along is gone"


async def test_files_and_photos_of_their_own_are_appended_and_wrong_ones_refused(world: World, jpeg: bytes) -> None:
    task = await world.submit(open=True, image_urls=[])
    path = f"{ROOT}/batch/{task}/photos"
    form = {"photos": json.dumps([{"source": MORE[0], "params": {"fade": 0.5}}])}
    assert (await world.http.post(path, data=form, files=[("files", ("é.jpg", jpeg))])).status_code == 202
    first, second = await photos(world, task)
    assert (first["own_params"], second["own_params"], second["name"]) == ({"fade": 0.5}, None, "é.jpg")
    await world.coordinator.sweep(later_s=10**6)
    assert (await world.http.get(f"{path}/1/original")).status_code == 200, "the batch names this upload"
    for body, code, field in [
        ({"photos": [{"source": MORE[0], "params": {"fade": 7}}]}, "invalid_params", "photos[0].params.fade"),
        ({"image_urls": ["ftp://a.org"]}, "invalid_source", "image_urls[0]"),
        ({"image_urls": MORE, "preset_id": "dusk"}, "invalid_request", "preset_id"),
        ({"image_urls": MORE * 600}, "too_many_photos", None),
        ({}, "no_photos", None),
    ]:
        answer = await world.http.post(path, json=body)
        assert (answer.json()["code"], answer.json().get("field")) == (code, field), answer.text
    assert len(await photos(world, task)) == 2


async def test_an_open_batch_may_begin_empty_and_is_cancelled_if_it_stays_so(world: World) -> None:
    task = await world.submit(open=True, image_urls=[])
    assert (await world.http.get(f"{ROOT}/batch/{task}")).json()["counts"]["total"] == 0
    assert (await world.http.post(f"{ROOT}/batch/{task}/close")).json()["status"] == "cancelled"


async def test_an_open_batch_that_nobody_feeds_is_closed(world: World) -> None:
    task = await world.submit(open=True)
    world.coordinator.work(task, 0, 1)
    await world.coordinator._keep_house()
    assert (await world.http.get(f"{ROOT}/batch/{task}")).json()["open"]
    world.coordinator._ledger.get(task).grown_at -= 3700
    await world.coordinator._keep_house()
    ended = (await world.http.get(f"{ROOT}/batch/{task}")).json()
    assert (ended["open"], ended["status"]) == (False, "completed")


async def test_another_look_on_the_photos_of_a_batch(world: World, jpeg: bytes) -> None:
    files = [("files", (name, jpeg, "image/jpeg")) for name in ("a.jpg", "b.jpg", "c.jpg")]
    first = (await world.http.post(f"{ROOT}/batch/submit", data={"preset_id": "filter_warm"}, files=files)).json()
    task = first["task_id"]
    again = await world.submit(image_urls=[f"batch:{task}"], preset_id="filter_cool")
    some = await world.submit(
        image_urls=[f"batch:{task}/2"], photos=[{"source": f"batch:{task}/0", "params": {"fade": 0.5}}]
    )
    assert [photo["name"] for photo in await photos(world, again)] == ["a.jpg", "b.jpg", "c.jpg"]
    assert [(photo["name"], photo["own_params"]) for photo in await photos(world, some)] == [
        ("c.jpg", None),
        ("a.jpg", {"fade": 0.5}),
    ]
    await world.http.delete(f"{ROOT}/batch/{task}")
    await world.coordinator.sweep(later_s=10)
    answer = await world.http.get(f"{ROOT}/batch/{again}/photos/1/original")
    assert answer.content == jpeg, "the first batch is gone, and the other still has its photos"


async def test_sources_of_batches_that_are_not_there(world: World) -> None:
    task = await world.submit()
    strange = "b" + "0" * 30
    for source in (f"batch:{task}/2", f"batch:{strange}", "batch:", f"batch:{task}/x", f"batch:{task}/1/2"):
        answer = await world.http.post(
            f"{ROOT}/batch/submit", json={"image_urls": [source], "preset_id": "filter_warm"}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_source"), source


async def test_another_s_batch_is_like_none(world: World) -> None:
    async with closed(world) as service:
        body = {"image_urls": MORE, "preset_id": "filter_warm"}
        task = (await service.ann.post(f"{ROOT}/batch/submit", json=body)).json()["task_id"]
        body["image_urls"] = [f"batch:{task}"]
        assert (await service.ann.post(f"{ROOT}/batch/submit", json=body)).status_code == 202
        theirs = await service.ben.post(f"{ROOT}/batch/submit", json=body)
        body["image_urls"] = ["batch:b" + "0" * 30]
        none = await service.ben.post(f"{ROOT}/batch/submit", json=body)
        assert theirs.status_code == none.status_code == 422
        assert theirs.json()["detail"].replace(task, "") == none.json()["detail"].replace("b" + "0" * 30, "")


async def test_a_batch_has_a_name(world: World) -> None:
    task = await world.submit(name="Anna & Ben")
    assert (await world.http.get(f"{ROOT}/batch")).json()["items"][0]["name"] == "Anna & Ben"
    answer = await world.http.patch(f"{ROOT}/batch/{task}", json={"name": "Wedding"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Wedding")
    world.coordinator.work(task, 0, 1)
    await world.coordinator._ledger.put_away(10**12)
    renamed = await world.http.patch(f"{ROOT}/batch/{task}", json={"name": None})
    assert renamed.json()["name"] is None, "also after its photos have left memory"
    assert len(await photos(world, task)) == 2
    assert (await world.http.patch(f"{ROOT}/batch/{task}", json={"name": "x" * 201})).status_code == 422
