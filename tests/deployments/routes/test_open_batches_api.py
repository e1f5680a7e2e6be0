"""Batches that photos come to after they were submitted, and photos that are in more than one batch."""

import json
import time
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
    world.coordinator.work(task, 2)
    await world.http.post(f"{ROOT}/batch/{task}/photos/2/adjust", json={"preset_params": {"fade": 0.5}})
    assert (await world.http.post(path, json=body)).status_code == 202, "it is the photo that came then"


async def test_a_repeated_prefix_is_listed_once(world: World) -> None:
    task = await world.submit(open=True)
    world.coordinator._expander.stop()  # there is no bucket
    photo = {"source": "s3://photos/open/", "params": {"fade": 0.5}}
    for at in (2, 2, 3):
        body = {"photos": [photo], "image_urls": MORE[:1]} if at == 2 else {"photos": [photo]}
        answer = await world.http.post(f"{ROOT}/batch/{task}/photos", params={"at": at}, json=body)
        assert (answer.status_code, answer.json()["counts"]["total"], answer.json()["expanding"]) == (202, 3, True)
    assert len(world.coordinator._ledger.get(task).listing.prefixes) == 1


async def test_masks_of_appended_and_adjusted_photos_belong_to_the_batch(world: World, jpeg: bytes) -> None:
    world.coordinator._expander.stop()
    region = {"boxes": [[0.1, 0.1, 0.2, 0.2]]}
    task = await world.submit(open=True, preset_id="erase", preset_params={"regions": region})
    masks = [(await world.http.post(f"{ROOT}/uploads?name=m.jpg", content=jpeg)).json()["source"] for _ in range(3)]
    path = f"{ROOT}/batch/{task}/photos"
    for source, mask in zip([MORE[0], "s3://photos/open/"], masks, strict=False):
        answer = await world.http.post(path, json={"photos": [{"source": source, "params": {"mask": mask}}]})
        assert answer.status_code == 202, answer.text
    world.coordinator.work(task, 2)
    await world.http.post(f"{path}/2/adjust", json={"preset_params": {"mask": masks[2]}})
    assert len(world.coordinator._uploads) == 0, "they count for nobody"
    await world.coordinator.sweep(later_s=10**6)
    for mask in masks:
        assert any(mask.removeprefix("upload:") in key for key in world.stored()), "the batch needs it"


@pytest.mark.parametrize("at", [0, 1, 9])
async def test_who_counts_differently_appends_nothing(world: World, at: int) -> None:
    task = await world.submit(open=True)
    answer = await world.http.post(f"{ROOT}/batch/{task}/photos", params={"at": at}, json={"image_urls": MORE})
    assert (answer.status_code, answer.json()["code"]) == (409, "append_conflict")
    assert "2 photos" in answer.json()["detail"]
    assert ("other ones" in answer.json()["detail"]) == (at < 2), "behind the last one there are none"
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


async def test_photos_of_a_large_batch_come_in_its_order(world: World) -> None:
    task = await world.submit(image_urls=[f"https://example.com/{number}.jpg" for number in range(600)])
    some = await world.submit(image_urls=[f"batch:{task}/{number}" for number in (599, 0, 500, 599)])
    assert [photo["name"] for photo in await photos(world, some)] == ["599.jpg", "0.jpg", "500.jpg", "599.jpg"]
    whole = await world.submit(image_urls=[MORE[0], f"batch:{task}"], photos=[{"source": f"batch:{task}/1"}])
    page = (await world.http.get(f"{ROOT}/batch/{whole}/photos", params={"cursor": 599})).json()["items"]
    assert [photo["name"] for photo in page] == ["599.jpg", "1.jpg"]


async def test_a_batch_that_is_named_again_and_again_costs_no_more_than_one_batch(world: World) -> None:
    task = await world.submit(image_urls=[f"https://example.com/{number}.jpg" for number in range(1000)])
    begun = time.process_time()
    body = {"image_urls": [f"batch:{task}"] * 1000, "preset_id": "filter_warm"}  # a million photos in 33 KB
    answer = await world.http.post(f"{ROOT}/batch/submit", json=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_photos")
    assert time.process_time() - begun < 1, "it holds up everybody"


async def test_a_batch_takes_its_own_photos_one_by_one(world: World) -> None:
    task = await world.submit(open=True)
    path = f"{ROOT}/batch/{task}/photos?at=2"
    for body in ({"image_urls": [f"batch:{task}"]}, {"photos": [{"source": f"batch:{task}"}]}):
        answer = await world.http.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_source"), "a repetition would find more"
    for _ in range(2):
        again = await world.http.post(path, json={"image_urls": [f"batch:{task}/1", f"batch:{task}/0"]})
        assert again.json()["counts"]["total"] == 4
    assert [photo["name"] for photo in await photos(world, task)] == ["one.jpg", "two.jpg", "two.jpg", "one.jpg"]


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


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Anna\r\n\tBen", "Anna Ben"),
        ("\x1b[31mred\x00", "[31mred"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\u2028b\u0085c", "a b c"),
        ("  ", None),
        ("\ufeff\u200d", None),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
    ],
)
async def test_what_people_are_shown_is_one_line(world: World, given: str, shown: str | None) -> None:
    task = await world.submit(name=given)
    assert (await world.http.get(f"{ROOT}/batch/{task}")).json()["name"] == shown
    await world.http.patch(f"{ROOT}/batch/{task}", json={"name": "Wedding"})
    renamed = await world.http.patch(f"{ROOT}/batch/{task}", json={"name": given})
    assert renamed.json()["name"] == shown
    share = await world.http.post(f"{ROOT}/batch/{task}/share", json={"title": given, "sender": given})
    assert (share.json()["title"], share.json()["sender"]) == (shown, shown)


async def test_a_refused_text_is_told_what_it_must_be(world: World) -> None:
    for output, words in [
        ({"creator": "a\nb"}, "must be on one line"),
        ({"creator": ""}, "has fewer characters than 1"),
        ({"watermark": {"text": "a\n"}}, "U+000A"),
    ]:
        body = {"image_urls": MORE, "preset_id": "filter_warm", "output": output}
        answer = await world.http.post(f"{ROOT}/batch/submit", json=body)
        assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.text
    task = await world.submit()
    answer = await world.http.get(f"{ROOT}/batch/{task}/archive.zip", params={"photos": "-1"})
    assert answer.json()["detail"] == "photos is not written as it must be; /docs shows how."
