"""Requests with a slip of the keyboard: what was meant is named."""

from tests.deployments.conftest import URLS, World
from tests.deployments.intake.test_submit_api import SUBMIT, code


async def test_json_without_its_header_is_told_to_have_one(world: World) -> None:
    task = await world.submit(open=True)
    for method, path in [
        ("POST", "batch/submit"),
        ("POST", f"batch/{task}/photos"),
        ("POST", f"batch/{task}/photos/0/adjust"),
        ("POST", f"batch/{task}/share"),
        ("PATCH", f"batch/{task}"),
        ("POST", "presets"),
        ("POST", "presets/preview"),
    ]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}  # as `curl -d` says it
        answer = await world.http.request(method, f"/api/v1/{path}", content=b' {"a": 1}', headers=headers)
        assert code(answer) == "invalid_request", path
        assert "Content-Type: application/json" in answer.json()["detail"], path


async def test_an_unknown_field_or_preset_names_one_that_is_near(world: World) -> None:
    mine = {"id": "golden-hour", "name": {"zh": "我的", "en": "Mine"}, "type": "color", "params": {}}
    assert (await world.http.post("/api/v1/presets", json=mine)).status_code == 201
    for body, words in [
        ({"preset": "filter_warm"}, "Did you mean preset_id?"),
        ({"preset_id": "golden_hour"}, "did you mean golden-hour?"),
        ({"preset_id": "暖色滤镜"}, "did you mean filter_warm?"),
        ({"preset_id": "zzz"}, "golden-hour"),
        ({"preset_id": "filter_warm", "preset_params": {"strenght": 1}}, "did you mean strength?"),
    ]:
        answer = await world.http.post(SUBMIT, json={"image_urls": URLS} | body)
        assert words in answer.json()["detail"], answer.json()
    form = await world.http.post(SUBMIT, data={"preset": "filter_warm"})
    assert "Did you mean preset_id?" in form.json()["detail"]
