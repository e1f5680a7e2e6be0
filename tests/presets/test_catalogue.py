import json
import pickle
import subprocess
import sys

import pytest

from presets.catalogue import Catalogue
from presets.errors import PresetError

CATALOGUE = Catalogue.built_in()


def refusal(*args):
    with pytest.raises(PresetError) as caught:
        CATALOGUE.resolve(*args)
    return caught.value


def test_the_presets_are_there_in_both_languages():
    assert [(preset.id, preset.name["zh"]) for preset in CATALOGUE.list()] == [
        ("beauty_fresh", "清透人像"),
        ("beauty_heavy", "强美颜"),
        ("beauty_light", "轻美颜"),
        ("beauty_medium", "中美颜"),
        ("beauty_natural", "自然修饰"),
        ("beauty_soft", "柔光人像"),
        ("color_cinema", "电影青橙"),
        ("color_film", "胶片"),
        ("color_mono", "黑白"),
        ("color_vintage", "复古调色"),
        ("erase", "消除"),
        ("filter_cool", "冷色滤镜"),
        ("filter_food", "美食"),
        ("filter_night", "夜景"),
        ("filter_sky", "晴空"),
        ("filter_warm", "暖色滤镜"),
    ]
    for preset in CATALOGUE.list():
        assert set(preset.name) == set(preset.description) == {"zh", "en"}
        assert CATALOGUE.resolve(preset.id, preset.type, {}).version == preset.version
    changed = {preset.id: preset.version for preset in CATALOGUE.list() if preset.version > 1}
    assert changed == dict.fromkeys(("beauty_heavy", "beauty_light", "beauty_medium", "filter_cool", "filter_warm"), 2)


def test_beauty_grows_from_light_to_heavy():
    levels = [CATALOGUE.get(f"beauty_{name}").params for name in ("light", "medium", "heavy")]
    for name in ("smoothing", "whitening", "sharpening"):
        assert 0 < levels[0][name] < levels[1][name] < levels[2][name] <= 1
    for name in ("blemish", "eyes", "teeth", "dark_circles"):
        assert 0 <= levels[0].get(name, 0) < levels[1][name] < levels[2][name] <= 1


def test_params_override_the_presets_own_and_the_rest_stays():
    resolved = CATALOGUE.resolve("color_vintage", None, {"grain": 0, "exposure": 1})
    assert resolved.params["grain"] == 0
    assert resolved.params["exposure"] == 1
    assert resolved.params["vignette"] == CATALOGUE.get("color_vintage").params["vignette"]


def test_a_type_alone_starts_from_neutral():
    resolved = CATALOGUE.resolve(None, "filter", {"temperature": 0.2})
    assert resolved.id is None
    assert {name for name, value in resolved.params.items() if value} == {"temperature", "strength"}


def test_what_is_resolved_is_complete_json_and_resolves_to_itself():
    for preset in CATALOGUE.list():
        resolved = CATALOGUE.resolve(preset.id, None, {})
        again = json.loads(json.dumps(resolved.params))
        assert CATALOGUE.resolve(preset.id, None, again) == resolved


def test_an_unknown_preset_is_named_and_a_near_one_suggested():
    error = refusal("filter_wram", None, {})
    assert error.code == "unknown_preset"
    assert "filter_wram" in error.detail
    assert "filter_warm" in error.detail
    assert "beauty_light" in refusal("sepia", None, {}).detail


def test_types_that_disagree_are_unknown_or_missing():
    assert "is of type filter" in refusal("filter_warm", "beauty", {}).detail
    assert "beauty, filter, color, erase" in refusal(None, "sepia", {}).detail
    assert refusal(None, None, {}).code == "invalid_params"


def test_errors_survive_a_pickle():
    error = pickle.loads(pickle.dumps(refusal("filter_warm", None, {"exposure": 9})))  # noqa: S301
    assert (error.code, error.field) == ("invalid_params", "exposure")


def test_resolving_loads_neither_torch_nor_opencv():
    code = "import sys; from presets.catalogue import Catalogue; Catalogue.built_in().resolve('filter_warm', None, {})\nprint({'torch', 'cv2', 'numpy', 'ray'} & set(sys.modules))"  # noqa: E501
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
