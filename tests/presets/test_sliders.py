"""What the page shows of presets: sliders that the service takes, with words in both languages."""

import re
from itertools import chain

import pytest

from presets.errors import PresetError
from presets.params import PARAMS, validate
from presets.sliders import GROUPS, sliders_of

SLIDERS = [(preset_type, slider) for preset_type in PARAMS for slider in sliders_of(preset_type)]
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(("preset_type", "slider"), SLIDERS, ids=lambda value: getattr(value, "name", value))
def test_a_slider_s_whole_range_is_taken_and_nothing_beyond_it(preset_type, slider):
    most = slider.most or slider.high
    for value in (slider.low, slider.high, most, slider.neutral):
        assert getattr(validate(preset_type, {slider.name: value}), slider.name) == value
    assert getattr(validate(preset_type, {}), slider.name) == slider.neutral
    for value in (slider.low - 0.01, most + 0.01):
        with pytest.raises(PresetError, match=f"from {slider.low:g} to {most:g}"):
            validate(preset_type, {slider.name: value})


def test_every_number_that_a_preset_may_have_is_a_slider():
    for preset_type, model in PARAMS.items():
        numbers = {name for name, field in model.model_fields.items() if field.annotation is float}
        assert numbers == {slider.name for slider in sliders_of(preset_type)}


def test_labels_are_in_both_languages():
    for words in chain(GROUPS, *(group.sliders for group in GROUPS)):
        assert words.en, words
        assert not HAN.search(words.en)
        assert HAN.search(words.zh), words
        assert not re.search(r"[,;:!?()'\"]", words.zh), "Chinese has full-width punctuation"


def test_a_type_of_presets_names_each_slider_once():
    for preset_type in PARAMS:
        names = [slider.name for slider in sliders_of(preset_type)]
        assert len(set(names)) == len(names)


def test_colour_is_in_the_order_that_people_know():
    usual = [
        "strength",
        "exposure",
        "contrast",
        "highlights",
        "shadows",
        "saturation",
        "vibrance",
        "temperature",
        "tint",
    ]
    usual += ["fade", "grain", "vignette"]
    assert [slider.name for slider in sliders_of("filter") if slider.name in usual] == usual
