"""The sliders that a client may show: what they offer is taken, as a batch's parameters and as a preset's."""

from tests.deployments.conftest import World

ROOT = "/api/v1"


async def test_both_ends_of_every_slider_are_taken_by_each_of_its_types(world: World) -> None:
    groups = (await world.http.get(f"{ROOT}/sliders")).json()["items"]
    assert {kind for group in groups for kind in group["types"]} == {"beauty", "filter", "color", "erase"}
    for kind in ("beauty", "filter", "color", "erase"):
        sliders = [slider for group in groups if kind in group["types"] for slider in group["sliders"]]
        for end in ("low", "high", "neutral"):
            preset = {
                "id": f"{kind}-{end}",
                "name": {"zh": "极端", "en": "Extreme"},
                "type": kind,
                "params": {slider["name"]: slider[end] for slider in sliders},
            }
            answer = await world.http.post(f"{ROOT}/presets", json=preset)
            assert answer.status_code == 201, answer.text


async def test_sliders_are_labelled_for_both_languages(world: World) -> None:
    groups = (await world.http.get(f"{ROOT}/sliders")).json()["items"]
    labels = [thing["label"] for group in groups for thing in (group, *group["sliders"])]
    assert {"zh": "曝光", "en": "Exposure"} in labels
    assert all(label["zh"] and label["en"] for label in labels)
