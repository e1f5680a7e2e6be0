"""What every colour op keeps to, whatever it does to colours."""

import numpy as np
import pytest

from models.colour.grade import Grade, GradeFunction
from models.colour.ops import OPS
from models.slider import Slider

CODES = np.random.default_rng(0).integers(0, 256, (3, 10_000), dtype=np.uint8)
SETTINGS = [setting for op in OPS for setting in op.settings]
SLIDERS = [setting for setting in SETTINGS if isinstance(setting, Slider)]
ENDS = [(slider.name, end) for slider in SLIDERS for end in (slider.low, slider.high) if end != slider.neutral]


def test_each_has_a_place_and_names_of_its_own():
    assert len({op.order for op in OPS}) == len(OPS)
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_neutral_setting_does_nothing_and_renames_no_table(setting):
    grade = Grade(**{setting.name: setting.neutral})
    assert grade.neutral
    assert grade.digest == Grade().digest


@pytest.mark.parametrize(("name", "end"), ENDS)
def test_both_ends_of_a_slider_are_looks_of_their_own(name, end):
    grade = Grade(**{name: end})
    assert not grade.neutral
    assert grade.digest != Grade().digest
    after = np.stack(GradeFunction(grade, None)(*CODES))
    assert np.isfinite(after).all()
    assert np.abs(after * 255 - CODES).max() > 3


def test_what_no_op_has_is_a_mistake():
    with pytest.raises(TypeError, match="exposre"):
        Grade(exposre=1.0)
