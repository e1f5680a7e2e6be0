import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from models.colour.balance import LUMINANCE
from models.colour.curves import srgb_decode, srgb_encode
from models.colour.grade import Grade, GradeFunction
from models.colour.icc import parse
from models.colour.table import ENTRIES, TableSpec
from tests.models.colour.matrix_profile import DISPLAY_P3, SRGB, SRGB_CURVE, para, profile

P3 = parse(profile(DISPLAY_P3, para(*SRGB_CURVE)))
GREYS = np.arange(256, dtype=np.uint8)
COLOURS = np.random.default_rng(0).integers(0, 256, (50_000, 3), dtype=np.uint8)
VIVID = Grade(exposure=0.5, contrast=0.4, saturation=0.6, vibrance=0.5, temperature=0.3, fade=0.2)


def graded(grade, colours, space=None):
    """Codes (N, 3) before rounding."""
    planes = np.broadcast_arrays(*GradeFunction(grade, space)(*colours.reshape(-1, 3).T))
    return np.clip(np.stack(planes, axis=-1), 0, 1) * 255


def rounded(grade, colours, space=None):
    return np.rint(graded(grade, colours, space)).astype(int)


def test_neutral_is_known():
    assert Grade().neutral
    assert Grade(exposure=1, strength=0).neutral
    assert Grade(strength=0.5).neutral
    for some in ({"tint": 0.1}, {"highlights": 0.1}, {"shadows": -0.1}, {"hsl": (("red", 0.1, 0.0, 0.0),)}):
        assert not Grade(**some).neutral


@settings(max_examples=30)
@given(st.floats(-1, 1), st.floats(-1, 1))
def test_white_balance_keeps_greys_in_order_and_their_luminance(temperature, tint):
    after = graded(Grade(temperature=temperature, tint=tint), np.stack([GREYS] * 3, axis=1))
    assert (np.diff(after, axis=0) >= 0).all()
    assert srgb_decode(after / 255) @ LUMINANCE == pytest.approx(srgb_decode(GREYS / 255.0), abs=1e-9)


@settings(max_examples=30)
@given(st.floats(-1, 1), st.floats(-1, 1))
def test_white_balance_clips_nothing(temperature, tint):
    greys = np.stack([GREYS] * 3, axis=1)  # in sRGB each channel goes its own way, so these are all cases
    after = rounded(Grade(temperature=temperature, tint=tint), greys)
    assert (after[1:255] > 0).all()
    assert (after[1:255] < 255).all()
    assert (after[0] == 0).all()
    assert (after[255] == 255).all()


def test_warm_is_redder_and_magenta_less_green():
    grey = np.array([[128, 128, 128]])
    r, g, b = graded(Grade(temperature=0.5), grey)[0]
    assert r > 128 > b
    r, g, b = graded(Grade(tint=0.5), grey)[0]
    assert g < 128 < min(r, b)


@pytest.mark.parametrize("grade", [Grade(saturation=1), Grade(vibrance=1), Grade(saturation=0.7, vibrance=0.7)])
def test_saturating_clips_nothing(grade):
    after = rounded(grade, COLOURS)
    edge = (COLOURS.min(axis=1) > 1) & (COLOURS.max(axis=1) < 254)
    assert (after[edge] > 0).all()
    assert (after[edge] < 255).all()


def test_saturation_of_minus_one_is_grey():
    after = graded(Grade(saturation=-1), COLOURS)
    assert np.ptp(after, axis=1).max() < 1e-9


def test_vibrance_acts_on_pale_colours_and_spares_skin_and_vivid_ones():
    def growth(colour):
        return np.ptp(graded(Grade(vibrance=0.6), np.array([colour]))) / np.ptp(colour)

    pale_blue, vivid_blue, skin = growth([120, 130, 150]), growth([20, 40, 230]), growth([210, 165, 140])
    assert pale_blue > 1.3
    assert vivid_blue < 1.05
    assert 1 < skin < 1.15


def test_strength_is_half_way():
    half = graded(Grade(exposure=1, fade=0.5, strength=0.5), COLOURS)
    whole = graded(Grade(exposure=1, fade=0.5), COLOURS)
    assert half == pytest.approx((COLOURS + whole) / 2)


def test_curves_by_channel():
    grade = Grade(curves={"rgb": ((0.0, 0.0), (1.0, 0.5)), "b": ((0.0, 1.0), (1.0, 1.0))})
    assert rounded(grade, np.array([[200, 100, 50]])).tolist() == [[100, 50, 255]]


@pytest.mark.parametrize("grade", [Grade(temperature=0.55), VIVID, Grade(saturation=-0.3, curves={"rgb": ((0, 0.1), (1, 0.9))})])  # fmt: skip  # noqa: E501
def test_a_display_p3_photo_gets_the_look_of_its_srgb_twin(grade):
    photo = data.coffee()[::3, ::3]
    to_p3 = np.linalg.inv(P3.to_srgb)

    def in_p3(codes):
        return srgb_encode(srgb_decode(codes / 255) @ to_p3.T) * 255

    twin = np.rint(in_p3(photo)).astype(np.uint8)
    wanted = in_p3(graded(grade, photo)).reshape(-1, 3)
    # White balance scales the channels of P3 instead of those of sRGB: saturated colours differ a little.
    assert np.abs(graded(grade, twin, P3) - wanted).mean() < (1.5 if grade.settings["temperature"] else 0.5)


def test_a_mild_filter_keeps_the_gradations_of_colours_outside_srgb():
    ramp = np.stack([np.full(200, 250), np.arange(20, 220), np.full(200, 30)], axis=1).astype(np.uint8)
    after = rounded(Grade(temperature=0.55), ramp, P3)
    assert (np.diff(after[:, 1]) > 0).mean() > 0.85
    assert after.min() > 0
    assert after.max() < 255


def test_a_mild_grade_clips_few_colours_outside_srgb():
    grade = Grade(exposure=0.2, contrast=0.1, temperature=0.2, saturation=0.1)
    after = rounded(grade, COLOURS, P3)
    assert ((after == 0) & (COLOURS > 5)).mean() < 0.01
    assert ((after == 255) & (COLOURS < 250)).mean() < 0.01


def test_a_profile_that_says_srgb_changes_nothing():
    said = parse(profile(SRGB, para(*SRGB_CURVE)))
    assert (graded(VIVID, COLOURS, said) == graded(VIVID, COLOURS)).all()
    assert TableSpec(VIVID, said, 8).name == TableSpec(VIVID, None, 8).name


def test_tables_of_other_work_have_other_names():
    specs = [
        TableSpec(VIVID, None, 8),
        TableSpec(VIVID, None, 10),
        TableSpec(VIVID, P3, 8),
        TableSpec(Grade(), None, 8),
        TableSpec(Grade(highlights=0.1), None, 8),
        TableSpec(Grade(shadows=0.1), None, 8),
        TableSpec(Grade(hsl=(("red", 0.1, 0.0, 0.0),)), None, 8),
        TableSpec(Grade(hsl=(("red", 0.0, 0.1, 0.0),)), None, 8),
    ]
    assert len({spec.name for spec in specs}) == 8


def test_tables_keep_their_names_when_sliders_are_added():
    vivid = Grade(exposure=0.5, saturation=0.2, curves={"b": ((0.0, 0.1), (1.0, 0.9))})
    assert TableSpec(Grade(temperature=0.55), None, 8).name.startswith("07f825fdcb8e8129")
    assert TableSpec(vivid, None, 10).name.startswith("53677136b76f160f")


@pytest.mark.parametrize("space", [None, P3], ids=["srgb", "p3"])
@pytest.mark.parametrize("depth", [8, 10])
def test_a_slab_and_single_colours_agree_to_the_bit(space, depth):
    spec = TableSpec(VIVID, space, depth)
    slab = np.empty(65536, np.int32)
    spec.slab(77, slab)
    some = np.random.default_rng(1).permutation(65536)[:20_001].astype(np.int32)
    assert (spec.of(some | 77 << 16) == slab[some]).all()
    assert (spec.of(some[:7] | 77 << 16) == slab[some[:7]]).all()


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("profile", [None, P3], ids=["srgb", "p3"])
@pytest.mark.parametrize("grade", [Grade(temperature=0.55), Grade(temperature=-0.8, tint=0.3, strength=0.7)], ids=str)
def test_curves_say_what_the_table_says(grade, profile, depth):
    spec = TableSpec(grade, profile, depth)
    assert spec.separable
    curves = spec.curves().entries
    colours = np.random.default_rng(0).integers(0, ENTRIES, 20_000).astype(np.int32)
    entries = curves[0][colours & 255] | curves[1][colours >> 8 & 255] | curves[2][colours >> 16]
    assert (entries == spec.of(colours)).all()


def test_a_grade_that_mixes_channels_is_not_separable():
    assert not TableSpec(Grade(saturation=0.1), None, 8).separable
    assert not TableSpec(Grade(shadows=0.1), None, 8).separable
    assert not TableSpec(Grade(hsl=(("red", 0.0, 0.1, 0.0),)), None, 8).separable
    assert not TableSpec(Grade(contrast=0.1), P3, 8).separable  # by way of sRGB
    assert TableSpec(Grade(contrast=0.1, exposure=0.5, fade=0.2), None, 8).separable
