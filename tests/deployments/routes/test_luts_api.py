"""LUTs that people bring, from the file to the batch that works with them."""

import hashlib

from storage.keys import lut_key
from tests.deployments.conftest import World
from tests.deployments.intake.test_submit_api import SUBMIT, code
from tests.deployments.routes.test_presets_api import ANN, BEN, MINE, ROOT

LUTS = "/api/v1/luts"
CUBE = b'TITLE "Swap"\nLUT_3D_SIZE 2\n' + b"".join(
    f"{b} {g} {r}\n".encode() for b in (0, 1) for g in (0, 1) for r in (0, 1)
)
SHA256 = hashlib.sha256(CUBE).hexdigest()


async def brought(world: World, data: bytes = CUBE) -> None:
    answer = await world.http.post(LUTS, params=ANN | {"name": "swap.cube"}, content=data)
    assert answer.status_code == 201, answer.text


async def test_a_lut_is_kept_and_named(world: World) -> None:
    await brought(world)
    (listed,) = (await world.http.get(LUTS, params=ANN)).json()["items"]
    assert listed == {
        "name": "swap.cube",
        "sha256": SHA256,
        "bytes": len(CUBE),
        "title": "Swap",
        "size": 2,
        "dimensions": 3,
    }
    assert await world.blobs.get(lut_key(SHA256)) == CUBE
    assert (await world.http.get(LUTS, params=BEN)).json()["items"] == []
    assert (await world.http.delete(f"{LUTS}/swap.cube", params=ANN)).status_code == 204
    assert code(await world.http.delete(f"{LUTS}/swap.cube", params=ANN)) == "unknown_lut"


async def test_a_wrong_file_is_told_its_line(world: World) -> None:
    answer = await world.http.post(LUTS, params={"name": "x"}, content=b"LUT_3D_SIZE 2\n0 0 0\n0 0 none\n")
    assert code(answer) == "invalid_lut"
    assert "Line 3" in answer.json()["detail"]


async def test_a_batch_pins_the_lut_that_it_named(world: World) -> None:
    await brought(world)
    body = {"preset_type": "color", "user_id": "ann"}
    whole = body | {"image_urls": world.urls, "preset_params": {"lut": "swap.cube"}}
    own = body | {"photos": [{"source": world.urls[0], "params": {"lut": "swap.cube", "fade": 0.1}}]}
    tasks = [(await world.http.post(SUBMIT, json=each)).json()["task_id"] for each in (whole, own)]
    await brought(world, CUBE.replace(b"Swap", b"Other"))
    assert (await world.http.get(f"/api/v1/batch/{tasks[0]}")).json()["preset"]["params"]["lut"] == SHA256
    assert world.coordinator._ledger.get(tasks[1]).photos[0].params == {"lut": SHA256, "fade": 0.1}


async def test_a_shared_preset_brings_its_lut_along(world: World) -> None:
    await brought(world)
    preset = MINE | {"params": {"lut": "swap.cube"}, "shared": True}
    assert (await world.http.post(ROOT, json=preset, params=ANN)).status_code == 201
    body = {"image_urls": world.urls, "preset_id": "dusk", "user_id": "ben"}
    task = (await world.http.post(SUBMIT, json=body)).json()["task_id"]
    assert (await world.http.get(f"/api/v1/batch/{task}")).json()["preset"]["params"]["lut"] == SHA256


async def test_a_lut_that_is_not_there_is_refused(world: World) -> None:
    body = {"image_urls": world.urls, "preset_type": "color", "preset_params": {"lut": "swap.cube"}}
    assert code(await world.http.post(SUBMIT, json=body)) == "unknown_lut"
    assert code(await world.http.post(SUBMIT, json=body | {"preset_params": {"lut": ["x"]}})) == "invalid_params"
    assert code(await world.http.post(ROOT, json=MINE | {"params": {"lut": "none"}})) == "unknown_lut"
