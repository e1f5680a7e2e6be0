"""The check of a submit: what it refuses is what the submit refuses, and nothing is stored."""

from typing import Any

import pytest

from tests.deployments.conftest import World

GOOD = {"preset_id": "filter_warm", "preset_params": {"temperature": 0.3}, "output": {"name": "{counter:04}_{stem}"}}


async def test_a_good_one_is_told_its_preset(world: World) -> None:
    answer = await world.http.post("/api/v1/batch/check", json=GOOD)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["preset"]["id"], told["preset"]["params"]["temperature"]) == ("filter_warm", 0.3)
    assert told["max_photos"] == 1000
    assert (await world.http.get("/api/v1/batch")).json()["items"] == []
    assert world.stored() == []


@pytest.mark.parametrize(
    "change",
    [
        {"preset_id": "beauty_lite"},
        {"preset_id": None},
        {"preset_params": {"temperature": 9}},
        {"preset_params": {"lut": "nowhere"}},
        {"preset_type": "erase", "preset_id": None, "preset_params": {}},
        {"output": {"quality": 0}},
        {"output": {"name": "{date:%n}{stem}"}},
        {"output": {"name": "photo"}},
        {"image_urls": ["ftp://example.com/a.jpg"]},
        {"photos": [{"source": "https://example.com/a.jpg", "params": {"temperature": 9}}]},
        {"callback_url": "https://example.com/"},
        {"metadata": {"a": "b" * 20_000}},
    ],
)
async def test_it_refuses_what_the_submit_would(world: World, change: dict[str, Any]) -> None:
    asked = GOOD | change
    checked = await world.http.post("/api/v1/batch/check", json=asked)
    sources = {} if "photos" in change or "image_urls" in change else {"image_urls": ["https://example.com/a.jpg"]}
    submitted = await world.http.post("/api/v1/batch/submit", json=asked | sources)
    assert (checked.status_code, checked.json()["code"]) == (submitted.status_code, submitted.json()["code"])
    assert checked.json().get("field") == submitted.json().get("field")
