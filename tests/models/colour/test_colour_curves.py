import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.colour.curves import Sampled, chain, srgb_decode, srgb_encode, through_points
from models.colour.ops.contrast import MID_GREY, contrast
from models.colour.ops.exposure import exposure
from models.colour.ops.fade import fade

LEVELS = np.linspace(-0.5, 1.5, 4001)
INSIDE = np.linspace(0, 1, 2001)


def rises(values):
    return (np.diff(values) >= -1e-12).all()


@st.composite
def points(draw):
    x = sorted(draw(st.sets(st.integers(0, 100), min_size=2, max_size=16)))
    y = draw(st.lists(st.integers(0, 100), min_size=len(x), max_size=len(x)))
    return [(a / 100, b / 100) for a, b in zip(x, y, strict=True)]


@given(st.floats(-3, 3))
def test_exposure_rises_and_never_clips(ev):
    after = exposure(ev)(LEVELS)
    assert rises(after)
    assert exposure(ev)(np.array([0.0]))[0] == 0
    assert exposure(ev)(np.array([1.0]))[0] == pytest.approx(min(2**ev, 1))


def test_exposure_is_the_exact_gain_in_the_shadows_and_mid_tones():
    assert exposure(1)(np.array([0.02, 0.18])) == pytest.approx([0.04, 0.36])


@given(st.floats(-1, 1))
def test_contrast_rises_and_keeps_black_mid_grey_and_white(amount):
    after = contrast(amount)
    assert rises(after(LEVELS))
    assert after(np.array([0.0, MID_GREY, 1.0])) == pytest.approx([0, MID_GREY, 1])


def test_more_contrast_darkens_shadows_and_brightens_lights():
    dark, light = contrast(0.5)(np.array([0.2, 0.8]))
    assert dark < 0.2
    assert light > 0.8


@given(st.floats(0, 1))
def test_fade_lifts_black_and_keeps_white(amount):
    after = fade(amount)(LEVELS)
    assert rises(after)
    assert (after >= LEVELS).all()
    assert fade(amount)(np.array([1.0]))[0] == 1


@given(points())
def test_a_curve_goes_through_its_points_and_never_beyond_its_neighbours(given_points):
    x, y = np.array(given_points).T
    curve = through_points(given_points)
    assert curve(x) == pytest.approx(y)
    for i in range(len(x) - 1):
        between = curve(np.linspace(x[i], x[i + 1], 50))
        assert between.min() >= min(y[i], y[i + 1]) - 1e-9
        assert between.max() <= max(y[i], y[i + 1]) + 1e-9


def test_a_curve_is_level_outside_its_points():
    curve = through_points([(0.2, 0.3), (0.6, 0.9)])
    assert curve(np.array([-0.1, 0.0, 0.1, 0.7, 1.2])).tolist() == [0.3, 0.3, 0.3, 0.9, 0.9]


def test_srgb_there_and_back():
    assert srgb_encode(srgb_decode(LEVELS)) == pytest.approx(LEVELS, abs=1e-7)


@pytest.mark.parametrize(
    ("function", "reach", "root"),
    [
        (srgb_encode, 2.25, True),
        (chain([exposure(2), srgb_encode, contrast(1)]), 2.25, True),
        (chain([through_points([(0, 0.1), (0.3, 0.2), (1, 0.9)]), fade(1), srgb_decode]), 2.0, False),
    ],
)
def test_sampling_is_within_a_ten_thousandth_of_a_code(function, reach, root):
    x = np.random.default_rng(0).uniform(-0.2, 1.2, 50_000) ** 3
    assert np.abs(Sampled(function, reach, root)(x) - function(x)).max() * 255 < 1e-3 / 2
    inside = np.abs(x[(x > 1e-6) & (x < 1)])
    assert np.abs(Sampled(function, reach, root)(inside) - function(inside)).mean() * 255 < 1e-4
