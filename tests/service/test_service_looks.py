"""Looks of one's own, previews and erase over HTTP, on the real service with real photos."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.servers.server import Server

SWAP = b"LUT_3D_SIZE 2\n" + b"".join(f"{b} {g} {r}\n".encode() for b in (0, 1) for g in (0, 1) for r in (0, 1))


def upload(server: Server, data: bytes) -> str:
    answer = server.http.post("/api/v1/uploads", content=data, params={"name": "photo.png"})
    assert answer.status_code == 201, answer.text
    return answer.json()["source"]


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.fixture(scope="module")
def astronaut(server: Server, photo_folder: Path) -> str:
    return upload(server, (photo_folder / "astronaut.jpg").read_bytes())


def results(server: Server, **fields: object) -> list[np.ndarray]:
    told = server.submit(output={"format": "png"}, **fields)
    assert server.ended(told["task_id"])["status"] == "completed"
    photos = server.photos(told["task_id"])
    return [opened(server.http.get(photo["result"]["url"]).content) for photo in photos if photo["result"]]


def test_cards_of_all_presets_from_ones_own_photo(server: Server, astronaut: str) -> None:
    presets = [preset["id"] for preset in server.http.get("/api/v1/presets").json()["items"] if preset["id"] != "erase"]
    items = [{"preset_id": preset} for preset in presets]
    items.append({"preset_id": "erase", "preset_params": {"regions": {"unit": "px", "boxes": [[200, 100, 50, 50]]}}})
    items.append({"preset_id": "erase", "preset_params": {"regions": {"unit": "px", "boxes": [[900, 900, 5, 5]]}}})
    answer = server.http.post("/api/v1/presets/preview", json={"source": astronaut, "items": items, "max_side": 256})
    assert answer.status_code == 200, answer.text
    *shown, erased, nothing = answer.json()["items"]
    pictures = [opened(base64.b64decode(item["image"])) for item in [*shown, erased]]
    assert {picture.shape for picture in pictures} == {(256, 256, 3)}
    for one in range(len(pictures)):
        for other in range(one):
            assert not np.array_equal(pictures[one], pictures[other])
    warm = pictures[presets.index("filter_warm")].astype(float).mean(axis=(0, 1))
    cool = pictures[presets.index("filter_cool")].astype(float).mean(axis=(0, 1))
    assert warm[0] - warm[2] > cool[0] - cool[2]
    assert nothing["image"] is None
    assert nothing["error"]["code"] == "empty_mask"


def test_a_preview_shows_what_the_batch_will_be(server: Server, astronaut: str) -> None:
    look = {"preset_type": "color", "preset_params": {"exposure": 0.7, "saturation": -0.5}}
    answer = server.http.post(
        "/api/v1/presets/preview", json={"source": astronaut, "items": [look], "max_side": 512}
    ).json()
    (result,) = results(server, image_urls=[astronaut], **look)
    preview = opened(base64.b64decode(answer["items"][0]["image"]))
    assert np.abs(preview.astype(int) - result).mean() < 3


def test_a_preview_says_which_faces_were_found(server: Server, astronaut: str) -> None:
    looks = [
        {"preset_id": "beauty_light"},
        {"preset_id": "beauty_light", "preset_params": {"faces": "none"}},
        {"preset_id": "filter_warm"},
    ]
    answer = server.http.post("/api/v1/presets/preview", json={"source": astronaut, "items": looks}).json()
    light, none, warm = (item["faces"] for item in answer["items"])
    assert [face["retouched"] for face in light] == [True]
    assert 0.2 < light[0]["texture_cut"] < 0.4
    assert none == [light[0] | {"retouched": False, "texture_cut": None}]
    assert warm is None


def test_a_wrong_preview_says_which_item(server: Server, astronaut: str) -> None:
    body = {"source": astronaut, "items": [{"preset_id": "filter_warm"}, {"preset_type": "color"}]}
    body["items"][1]["preset_params"] = {"fade": 7}
    answer = server.http.post("/api/v1/presets/preview", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "items[1].fade")
    answer = server.http.post(
        "/api/v1/presets/preview", json={"source": "upload:nope", "items": [{"preset_id": "filter_warm"}]}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "upload_not_found")


def test_a_look_of_ones_own_with_a_lut(server: Server, astronaut: str) -> None:
    lut = server.http.post("/api/v1/luts", params={"name": "swap"}, content=SWAP)
    assert lut.status_code == 201, lut.text
    preset = {"id": "swapped", "name": {"zh": "换", "en": "Swapped"}, "type": "color", "params": {"lut": "swap"}}
    assert server.http.post("/api/v1/presets", json=preset).status_code == 201
    plain, swapped = (
        results(server, image_urls=[astronaut], **fields)[0]
        for fields in ({"preset_type": "color"}, {"preset_id": "swapped"})
    )
    assert np.array_equal(swapped, plain[..., ::-1])


def test_a_painted_mask_for_a_batch_and_one_of_its_own(server: Server) -> None:
    grey = np.full((300, 400, 3), 120, np.uint8)
    spotted = grey.copy()
    spotted[50:70, 50:70] = 0
    spotted[200:220, 300:330] = 255
    masks = []
    for rows, columns in ((slice(50, 70), slice(50, 70)), (slice(200, 220), slice(300, 330))):
        mask = np.zeros((150, 200), np.uint8)
        mask[rows.start // 2 : rows.stop // 2, columns.start // 2 : columns.stop // 2] = 255
        masks.append(upload(server, png(mask)))
    photo = upload(server, png(spotted))
    first, second = results(
        server,
        photos=[{"source": photo}, {"source": photo, "params": {"mask": masks[1]}}],
        preset_id="erase",
        preset_params={"mask": masks[0]},
    )
    assert np.abs(first[45:75, 45:75].astype(int) - 120).max() <= 2
    assert np.array_equal(first[150:], spotted[150:])
    assert np.abs(second[195:225, 295:335].astype(int) - 120).max() <= 2
    assert np.array_equal(second[:150], spotted[:150])


def test_a_photo_whose_mask_is_empty_fails_alone(server: Server, astronaut: str) -> None:
    empty = upload(server, png(np.zeros((10, 10), np.uint8)))
    boxes = {"regions": {"boxes": [[0.1, 0.1, 0.1, 0.1]]}}
    told = server.submit(
        photos=[{"source": astronaut, "params": {"mask": empty}}, {"source": astronaut, "params": boxes}],
        preset_id="erase",
    )
    assert server.ended(told["task_id"])["counts"]["succeeded"] == 1
    photos = server.photos(told["task_id"])
    assert [photo["error"] and photo["error"]["code"] for photo in photos] == ["empty_mask", None]
    assert "patches" in photos[1]["engine"]


def test_a_run_repeated_from_its_manifest_gives_the_same_bytes(server: Server, astronaut: str) -> None:
    look = {"preset_id": "color_vintage", "preset_params": {"hsl": {"orange": {"saturation": 0.5}}}}
    photos = [{"source": astronaut}, {"source": astronaut, "params": {"grain": 0.6, "fade": 0}}]
    told = server.submit(photos=photos, output={"quality": 80}, **look)
    server.ended(told["task_id"])
    manifest = server.http.get(f"/api/v1/batch/{told['task_id']}/manifest.jsonl").text
    lines = [json.loads(line) for line in manifest.splitlines()]
    assert lines[0]["output"]["sha256"] != lines[1]["output"]["sha256"]
    for line in lines:
        again = server.submit(
            user_id="somebody else",  # for whom nothing is answered by a copy
            image_urls=[line["source"]],
            preset_type=line["preset"]["type"],
            preset_params=line["preset"]["params"],
            output=line["options"],
        )
        server.ended(again["task_id"])
        (photo,) = server.photos(again["task_id"])
        assert not photo["reused"]
        assert photo["engine"] == line["engine"]
        assert photo["result"]["sha256"] == line["output"]["sha256"]
