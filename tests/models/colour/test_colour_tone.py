import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.colour.chroma import luma
from models.colour.grade import Grade, GradeFunction

GREYS = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
COLOURS = np.random.default_rng(0).integers(0, 256, (50_000, 3), dtype=np.uint8)
COLOURS[:5000, 0] = 255
COLOURS[5000:10_000, 2] = 0
sliders = st.floats(-1, 1)


def graded(codes, **sliders):
    """Codes (N, 3) before rounding and clipping."""
    return np.stack(GradeFunction(Grade(**sliders), None)(*np.array(codes, np.uint8).T), axis=-1) * 255


def grey(code, **sliders):
    return graded([[code] * 3], **sliders)[0, 1]


@settings(max_examples=50)
@given(sliders, sliders)
def test_a_grey_ramp_keeps_its_ends_and_rises_all_the_way(highlights, shadows):
    ramp = graded(GREYS, highlights=highlights, shadows=shadows)
    assert ramp[[0, 255]] == pytest.approx(np.array([[0, 0, 0], [255, 255, 255]]))
    assert np.ptp(ramp, axis=1).max() < 1e-9
    assert np.diff(ramp[:, 0]).min() > 0.25  # four steps at most become one


@settings(max_examples=30)
@given(sliders, sliders)
def test_brighter_stays_brighter_in_colours_too(highlights, shadows):
    def brightness(codes):
        return luma(*np.moveaxis(codes, -1, 0))

    order = np.argsort(brightness(COLOURS))
    assert np.diff(brightness(graded(COLOURS, highlights=highlights, shadows=shadows))[order]).min() > -1e-9


@settings(max_examples=30)
@given(sliders, sliders)
def test_nothing_clips(highlights, shadows):
    after = graded(COLOURS, highlights=highlights, shadows=shadows)
    assert after.min() > -1e-9
    assert after.max() < 255 + 1e-9


def test_shadows_open_what_is_dark_and_leave_what_is_light():
    assert grey(40, shadows=1) > 65
    assert grey(40, shadows=-1) < 28
    for amount in (-1, 1):
        assert grey(210, shadows=amount) == pytest.approx(210, abs=2)


def test_highlights_recover_what_is_light_and_leave_what_is_dark():
    assert grey(225, highlights=-1) < 200
    assert grey(190, highlights=1) > 200
    for amount in (-1, 1):
        assert grey(45, highlights=amount) == pytest.approx(45, abs=2)


def test_recovered_highlights_have_more_contrast():
    assert grey(250, highlights=-1) - grey(240, highlights=-1) > 15


@pytest.mark.parametrize("how", [{"shadows": 1}, {"shadows": -1}, {"highlights": 1}, {"highlights": -1}], ids=str)
def test_hues_stay(how):
    vivid = COLOURS[np.ptp(COLOURS, axis=1) > 20]
    after = graded(vivid, **how)

    def hue(codes):
        r, g, b = np.moveaxis(codes.astype(float), -1, 0)
        return np.arctan2(np.sqrt(3) * (g - b), 2 * r - g - b)

    assert hue(after) == pytest.approx(hue(vivid), abs=1e-6)


def test_opened_shadows_keep_their_saturation_and_vivid_lights_stay_in_place():
    dark = np.array([[50, 25, 20]])
    after = graded(dark, shadows=1)[0]
    assert after[0] > 80
    assert np.ptp(after) / after.max() == pytest.approx(np.ptp(dark) / dark.max(), abs=0.12)
    assert graded([[255, 200, 40]], shadows=1)[0] == pytest.approx([255, 200, 40], abs=6)
