import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presets.errors import PresetError
from presets.params import PARAMS, validate


def refusal(params, preset_type="filter"):
    with pytest.raises(PresetError) as caught:
        validate(preset_type, params)
    assert caught.value.code == "invalid_params"
    return caught.value


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("exposure", 3.1, "from -3 to 3"),
        ("contrast", -1.5, "from -1 to 1"),
        ("fade", -0.1, "from 0 to 1"),
        ("temperature", "0.5", "from -1 to 1"),
        ("vignette", True, "from 0 to 1"),
        ("grain", None, "from 0 to 1"),
        ("tint", math.nan, "from -1 to 1"),
        ("strength", math.inf, "from 0 to 1"),
        ("highlights", 1.01, "from -1 to 1"),
        ("shadows", "dark", "from -1 to 1"),
    ],
)
def test_a_wrong_number_is_told_its_range(name, value, allowed):
    error = refusal({name: value})
    assert error.field == name
    assert error.detail.startswith(name)
    assert allowed in error.detail


def test_an_unknown_name_is_told_the_known_ones():
    error = refusal({"smoothing": 0.5})
    assert error.field == "smoothing"
    assert "saturation" in error.detail
    assert validate("beauty", {"smoothing": 0.5}).strength == 1


@pytest.mark.parametrize("name", ["blemish", "eyes", "teeth", "dark_circles"])
def test_parts_of_faces_are_for_beauty_alone(name):
    assert getattr(validate("beauty", {}), name) == 0
    assert getattr(validate("beauty", {name: 1}), name) == 1
    assert refusal({name: 0.5}).field == name
    assert "from 0 to 1" in refusal({name: 1.5}, "beauty").detail


def test_whole_numbers_are_numbers():
    assert validate("color", {"exposure": 2}).exposure == 2.0


@pytest.mark.parametrize(
    "curve",
    [
        [[0, 0]],
        [[0, 0], [0, 1]],
        [[0.5, 0], [0.2, 1]],
        [[0, 0], [1.2, 1]],
        [[0, 0, 0], [1, 1, 1]],
        [[i / 20, i / 20] for i in range(17)],
        {"x": [[0, 0], [1, 1]]},
        {"r": [[0, 0], [1, "1"]]},
        "s",
        7,
    ],
)
def test_a_wrong_curve_is_told_what_a_curve_is(curve):
    error = refusal({"curve": curve})
    assert error.field.startswith("curve")
    assert "rgb" in error.detail


def test_points_alone_are_for_all_channels():
    points = [[0, 0.1], [0.5, 0.5], [1, 1]]
    assert validate("filter", {"curve": points}) == validate("filter", {"curve": {"rgb": points}})


@pytest.mark.parametrize(
    ("hsl", "field"),
    [
        ({"orange": {"saturation": 1.5}}, "hsl.orange.saturation"),
        ({"orange": {"hue": "30"}}, "hsl.orange.hue"),
        ({"blue": {"luminance": None}}, "hsl.blue.luminance"),
        ({"blue": 0.5}, "hsl.blue"),
        ([0.1] * 8, "hsl"),
        (0.5, "hsl"),
    ],
)
def test_a_wrong_hsl_is_told_what_hsl_is(hsl, field):
    error = refusal({"hsl": hsl})
    assert error.field == field
    assert error.detail.startswith(f"{field} is wrong")
    assert "hue, saturation, luminance" in error.detail
    assert "from -1 to 1" in error.detail
    assert "magenta" in error.detail


def test_unknown_bands_and_settings_are_told_the_known_ones():
    assert "aqua" in refusal({"hsl": {"teal": {"hue": 0.1}}}).detail
    assert "luminance" in refusal({"hsl": {"aqua": {"lightness": 0.1}}}).detail
    assert "rgb" in refusal({"curve": {"red": [[0, 0], [1, 1]]}}).detail


def test_what_hsl_leaves_out_is_zero():
    params = validate("filter", {"hsl": {"orange": {"saturation": 0.2}}})
    assert params.hsl.orange.model_dump() == {"hue": 0, "saturation": 0.2, "luminance": 0}
    assert not any(params.hsl.blue.model_dump().values())
    assert validate("filter", params.model_dump(mode="json")) == params


@pytest.mark.parametrize("lut", ["", "x" * 201, 7, ["a"]])
def test_a_wrong_lut_is_told_what_is_allowed(lut):
    assert "name of a LUT" in refusal({"lut": lut}).detail
    assert validate("filter", {"lut": "teal and orange"}).lut == "teal and orange"


@given(
    st.sampled_from(sorted(PARAMS)),
    st.dictionaries(st.text(max_size=12), st.recursive(st.none() | st.floats() | st.text(), st.lists, max_leaves=5)),
)
def test_anything_is_taken_or_refused_in_a_sentence(preset_type, params):
    refused = None
    try:
        validate(preset_type, params)
    except PresetError as error:
        refused = error
    assert refused is None or (refused.detail.endswith(".") and refused.field is not None)
