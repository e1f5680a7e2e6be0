"""Presets that people make: theirs, kept, and never changed under a batch that has them."""

from pathlib import Path
from typing import Any

import httpx

from actors.batches.look_events import PresetGone, PresetKept
from actors.batches.looks import Looks
from presets.catalogue import Catalogue
from tests.checkpoints import compact_network, write_safetensors
from tests.deployments.conftest import World
from tests.deployments.in_process import InProcess
from tests.deployments.intake.test_submit_api import SUBMIT, code
from tests.presets.camera_raw.xmp import called, of_attributes

ROOT = "/api/v1/presets"
MINE: dict[str, Any] = {
    "id": "dusk",
    "name": {"zh": "黄昏", "en": "Dusk"},
    "type": "color",
    "params": {"temperature": 0.4, "fade": 0.2},
}
ANN = {"user_id": "ann"}
BEN = {"user_id": "ben"}
BUILT_IN = len(Catalogue.built_in().list())


async def made(world: World, **changes: Any) -> httpx.Response:
    return await world.http.post(ROOT, json=MINE | changes, params=ANN)


async def test_a_preset_is_made_changed_and_deleted(world: World) -> None:
    answer = await made(world)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{ROOT}/dusk"
    body = answer.json()
    assert (body["version"], body["owner"], body["built_in"], body["shared"]) == (1, "ann", False, False)
    assert body["params"] == MINE["params"]
    changed = await world.http.put(f"{ROOT}/dusk", json=MINE | {"params": {"fade": 0.9}}, params=ANN)
    assert (changed.json()["version"], changed.json()["params"]) == (2, {"fade": 0.9})
    listed = (await world.http.get(ROOT, params=ANN)).json()["items"]
    assert listed[-1] == changed.json() == (await world.http.get(f"{ROOT}/dusk", params=ANN)).json()
    assert (await world.http.delete(f"{ROOT}/dusk", params=ANN)).status_code == 204
    assert code(await world.http.get(f"{ROOT}/dusk", params=ANN)) == "unknown_preset"


async def test_a_batch_keeps_the_version_that_it_started_with(world: World) -> None:
    await made(world)
    body = {"image_urls": world.urls, "preset_id": "dusk", "user_id": "ann", "preset_params": {"grain": 0.1}}
    first = (await world.http.post(SUBMIT, json=body)).json()["task_id"]
    await world.http.put(f"{ROOT}/dusk", json=MINE | {"params": {"fade": 0.9}}, params=ANN)
    second = (await world.http.post(SUBMIT, json=body)).json()["task_id"]
    await world.http.delete(f"{ROOT}/dusk", params=ANN)
    batches = [(await world.http.get(f"/api/v1/batch/{task}")).json()["preset"] for task in (first, second)]
    assert [(batch["id"], batch["version"], batch["params"]["fade"]) for batch in batches] == [
        ("dusk", 1, 0.2),
        ("dusk", 2, 0.9),
    ]
    assert all(batch["params"]["grain"] == 0.1 for batch in batches)
    assert code(await world.http.post(SUBMIT, json=body)) == "unknown_preset"


async def test_others_see_only_what_is_shared_and_change_nothing(world: World) -> None:
    await made(world)
    assert code(await world.http.get(f"{ROOT}/dusk", params=BEN)) == "unknown_preset"
    assert len((await world.http.get(ROOT, params=BEN)).json()["items"]) == BUILT_IN
    assert code(await world.http.put(f"{ROOT}/dusk", json=MINE, params=BEN)) == "unknown_preset"
    assert code(await world.http.delete(f"{ROOT}/dusk", params=BEN)) == "unknown_preset"
    await world.http.put(f"{ROOT}/dusk", json=MINE | {"shared": True}, params=ANN)
    assert (await world.http.get(f"{ROOT}/dusk", params=BEN)).json()["owner"] == "ann"
    assert code(await world.http.put(f"{ROOT}/dusk", json=MINE, params=BEN)) == "forbidden"
    assert code(await world.http.delete(f"{ROOT}/dusk", params=BEN)) == "forbidden"
    copy = await world.http.post(f"{ROOT}/dusk/duplicate", json={"id": "dusk-2"}, params=BEN)
    assert (copy.status_code, copy.json()["owner"], copy.json()["shared"]) == (201, "ben", False)
    assert copy.json()["params"] == MINE["params"]


async def test_ids_that_others_keep_to_themselves_are_free(world: World) -> None:
    await made(world)
    his = await world.http.post(ROOT, json=MINE | {"params": {"fade": 0.9}}, params=BEN)
    assert (his.status_code, his.json()["owner"], his.json()["version"]) == (201, "ben", 1)
    shared = await world.http.put(f"{ROOT}/dusk", json=MINE | {"shared": True}, params=ANN)
    assert shared.status_code == 200
    for user, owner in (("ben", "ben"), ("ann", "ann"), ("eve", "ann")):  # one's own comes first
        assert (await world.http.get(f"{ROOT}/dusk", params={"user_id": user})).json()["owner"] == owner
        items = (await world.http.get(ROOT, params={"user_id": user})).json()["items"]
        assert [preset["owner"] for preset in items if preset["id"] == "dusk"] == [owner]
    assert code(await world.http.put(f"{ROOT}/dusk", json=MINE | {"shared": True}, params=BEN)) == "preset_exists"
    assert code(await world.http.post(ROOT, json=MINE, params={"user_id": "eve"})) == "preset_exists"
    assert (await world.http.delete(f"{ROOT}/dusk", params=BEN)).status_code == 204
    assert (await world.http.get(f"{ROOT}/dusk", params=BEN)).json()["owner"] == "ann"
    await world.http.delete(f"{ROOT}/dusk", params=ANN)
    assert code(await world.http.get(f"{ROOT}/dusk", params=BEN)) == "unknown_preset"


async def test_what_is_built_in_stays_and_can_be_copied(world: World) -> None:
    theirs = MINE | {"id": "filter_warm"}
    assert code(await world.http.post(ROOT, json=theirs)) == "preset_exists"
    assert code(await world.http.put(f"{ROOT}/filter_warm", json=theirs)) == "read_only"
    assert code(await world.http.delete(f"{ROOT}/filter_warm")) == "read_only"
    name = {"zh": "我的", "en": "Mine"}
    copy = await world.http.post(f"{ROOT}/filter_warm/duplicate", json={"id": "mine", "name": name})
    assert (copy.status_code, copy.json()["name"], copy.json()["version"]) == (201, name, 1)


async def test_a_wrong_preset_is_told_what_is_wrong(world: World) -> None:
    answer = await made(world, params={"fade": 2})
    assert (code(answer), answer.json()["field"]) == ("invalid_params", "fade")
    assert "from 0 to 1" in answer.json()["detail"]
    for wrong in ({"id": "../x"}, {"id": ""}, {"type": "warp"}, {"name": "Dusk"}, {"surprise": 1}):
        assert code(await made(world, **wrong)) == "invalid_request"
    await made(world)
    assert code(await made(world)) == "preset_exists"
    other = await world.http.put(f"{ROOT}/dusk", json=MINE | {"id": "dawn"}, params=ANN)
    assert (code(other), other.json()["field"]) == ("invalid_request", "id")


async def test_presets_outlive_the_coordinator(world: World) -> None:
    await made(world)
    await made(world, id="dawn")
    await world.http.delete(f"{ROOT}/dawn", params=ANN)
    await world.http.put(f"{ROOT}/dusk", json=MINE | {"params": {"fade": 0.5}}, params=ANN)
    world.coordinator.shut()
    successor = InProcess(world.folder, world.blobs)
    try:
        kept = await successor.list_presets("ann")
        assert [(preset["id"], preset["version"], preset["params"]) for preset in kept] == [("dusk", 2, {"fade": 0.5})]
    finally:
        successor.shut()


def test_a_journal_from_when_ids_were_taken_once() -> None:
    looks = Looks()
    for event in (
        PresetKept(MINE | {"owner": "ann", "shared": False, "version": 1}),
        PresetGone(preset_id="dusk"),
        PresetKept(MINE | {"owner": "ben", "shared": True, "version": 1}),
    ):
        looks.apply(event)
    assert [preset["owner"] for preset in looks.presets("ann")] == ["ben"]


async def test_a_request_whose_answer_was_lost_may_be_repeated(world: World) -> None:
    preset = MINE | {"description": {"zh": "", "en": ""}, "shared": False}
    first = await world.coordinator.create_preset("ann", preset, "r1")
    assert await world.coordinator.create_preset("ann", preset, "r1") == first
    changed = await world.coordinator.change_preset("ann", preset, "r2")
    assert await world.coordinator.change_preset("ann", preset, "r2") == changed
    assert changed["version"] == 2


async def test_a_batch_pins_the_weights_of_its_networks(world: World, tmp_path: Path) -> None:
    ops = {"ops": [{"op": "model", "name": "larger"}, {"op": "model", "name": "elsewhere"}]}
    weights = write_safetensors(compact_network(), tmp_path / "compact.safetensors")
    installed = world.services.weights.add("larger", weights)
    body = {"image_urls": world.urls, "preset_type": "color", "preset_params": ops}
    task = (await world.http.post(SUBMIT, json=body)).json()["task_id"]
    pinned = (await world.http.get(f"/api/v1/batch/{task}")).json()["preset"]["params"]["ops"]
    assert [op["sha256"] for op in pinned] == [installed.sha256, None]


async def test_a_preset_of_lightroom_becomes_a_draft_that_can_be_created(world: World) -> None:
    file = of_attributes(called("Golden Hour"), Exposure2012="+0.50", Clarity2012="+20")
    answer = await world.http.post(f"{ROOT}/import", params=ANN, content=file)
    assert answer.status_code == 200, answer.text
    draft = answer.json()
    assert (draft["ignored"], draft["limited"]) == (["Clarity2012"], [])
    assert draft["preset"]["params"] == {"exposure": 0.5}
    made = await world.http.post(ROOT, params=ANN, json=draft["preset"])
    assert (made.status_code, made.json()["id"]) == (201, "golden-hour")
    assert code(await world.http.post(f"{ROOT}/import", content=b"<x/>")) == "invalid_xmp"
