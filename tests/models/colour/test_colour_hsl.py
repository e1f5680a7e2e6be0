import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.colour.chroma import luma
from models.colour.curves import srgb_decode, srgb_encode
from models.colour.grade import Grade, GradeFunction
from models.colour.hsl import CENTRES
from models.colour.oklab import from_oklab, to_oklab

PURE = {
    "red": (230, 20, 20), "orange": (230, 120, 20), "yellow": (230, 230, 20), "green": (20, 230, 20),
    "aqua": (20, 230, 230), "blue": (20, 20, 230), "purple": (120, 20, 230), "magenta": (230, 20, 230),
}  # fmt: skip
NAMES = list(CENTRES)
SKIN, SKY, LEAF = (210, 165, 140), (100, 150, 220), (80, 120, 40)
COLOURS = np.random.default_rng(0).integers(0, 256, (30_000, 3), dtype=np.uint8)
COLOURS[:5000, 0] = 255
COLOURS[5000:10_000, 2] = 0

sliders = st.floats(-1, 1)
all_bands = st.tuples(*(st.tuples(st.just(name), sliders, sliders, sliders) for name in NAMES))


def graded(codes, *bands, **others):
    """Codes (N, 3) before rounding and clipping."""
    function = GradeFunction(Grade(hsl=tuple(bands), **others), None)
    return np.stack(function(*np.array(codes, np.uint8).reshape(-1, 3).T), axis=-1) * 255


def band(name, hue=0.0, saturation=0.0, luminance=0.0):
    return (name, hue, saturation, luminance)


def everywhere(**settings):
    return [band(name, **settings) for name in NAMES]


def hue(codes):
    """OKLab hue in degrees, and lightness."""
    lightness, a, b = to_oklab(tuple(srgb_decode(np.moveaxis(np.asarray(codes) / 255, -1, 0))))
    return np.degrees(np.arctan2(b, a)) % 360, lightness


@settings(max_examples=30)
@given(all_bands)
def test_greys_never_change(bands):
    greys = np.arange(256)[:, None].repeat(3, axis=1)
    assert (graded(greys, *bands) / 255 == greys / 255).all()


@settings(max_examples=30)
@given(all_bands)
def test_nothing_clips(bands):
    after = graded(COLOURS, *bands)
    assert after.min() > -0.5
    assert after.max() < 255.5


@pytest.mark.parametrize("name", NAMES)
def test_a_band_acts_on_its_own_colour_and_not_on_the_next(name):
    def change(colour, **settings):
        return np.abs(graded(PURE[colour], band(name, **settings)) - PURE[colour]).max()

    place = NAMES.index(name)
    for how in ({"hue": 1}, {"hue": -1}, {"saturation": -1}, {"luminance": 1}, {"luminance": -1}):
        assert change(name, **how) > 5
        for away in (1, 2, 4, 6, 7):
            other = NAMES[(place + away) % 8]
            # These are not quite the purest colours, so red shares a little with orange, blue with purple.
            assert change(other, **how) < change(name, **how) / 3


def test_a_bands_colours_can_be_made_grey():
    assert np.ptp(graded(PURE["green"], band("green", saturation=-1))) < 4
    assert np.ptp(graded(SKY, band("blue", saturation=-1))) < 25


def test_all_bands_alike_are_the_saturation_slider():
    assert graded(COLOURS, *everywhere(saturation=-0.6)) == pytest.approx(graded(COLOURS, saturation=-0.6), abs=1e-6)
    vivid = COLOURS[np.ptp(COLOURS, axis=1) > 120]
    assert graded(vivid, *everywhere(saturation=0.7)) == pytest.approx(graded(vivid, saturation=0.7), abs=0.2)


def test_saturation_hardly_touches_the_noise_of_a_grey_wall():
    noise = 128 + np.random.default_rng(0).integers(-2, 3, (1000, 3))
    for how in ({"saturation": 1}, {"luminance": 1}, {"luminance": -1}):
        assert np.abs(graded(noise, *everywhere(**how)) - noise).max() < 1.5


@pytest.mark.parametrize(("name", "colour"), [("orange", SKIN), ("blue", SKY), ("green", LEAF)])
def test_luminance_changes_how_bright_a_colour_is_and_not_its_hue(name, colour):
    before = luma(*colour)
    brighter, darker = (graded(colour, band(name, luminance=amount)) for amount in (1, -1))
    assert luma(*brighter[0]) > before + 8
    assert luma(*darker[0]) < before - 8
    for after in (brighter, darker):
        assert hue(after)[0] == pytest.approx(hue([colour])[0], abs=4)


@pytest.mark.parametrize("name", NAMES)
def test_hue_goes_towards_the_next_band_or_the_one_before(name):
    place = NAMES.index(name)
    start = hue([PURE[name]])[0]
    for amount in (1, -1):
        goal = hue([PURE[NAMES[(place + amount) % 8]]])[0]
        way, gone = ((x - start + 180) % 360 - 180 for x in (goal, hue(graded(PURE[name], band(name, hue=amount)))[0]))
        assert 0.25 < (gone / way).item() < 0.6


def test_turned_skin_keeps_its_lightness_and_vivid_orange_gets_as_light_as_yellow_is():
    for amount in (1, -1):
        assert hue(graded(SKIN, band("orange", hue=amount)))[1] == pytest.approx(hue([SKIN])[1], abs=0.02)
    assert hue(graded(PURE["orange"], band("orange", hue=1)))[1] > hue([PURE["orange"]])[1] + 0.03


@settings(max_examples=50)
@given(st.tuples(*[sliders] * 8))
def test_no_hue_overtakes_another(amounts):
    degrees = np.radians(np.arange(0, 360, 0.5))
    wheel = from_oklab((np.full(720, 0.65), 0.06 * np.cos(degrees), 0.06 * np.sin(degrees)))
    planes = srgb_encode(np.stack(wheel))
    step = GradeFunction(Grade(hsl=tuple(band(name, hue=a) for name, a in zip(NAMES, amounts, strict=True))), None)._steps[0]  # fmt: skip  # noqa: E501
    after, _ = hue(np.stack(step(tuple(planes)), axis=-1) * 255)
    ahead = (np.diff(np.append(after, after[0])) + 180) % 360 - 180
    assert ahead.min() > -0.02
    assert ahead.sum() == pytest.approx(360)


@pytest.mark.parametrize("settings", [{"luminance": 1}, {"luminance": -1}, {"saturation": 1}, {"saturation": -1}])
def test_a_sky_that_pales_to_white_gets_no_bands(settings):
    share = np.linspace(0, 1, 256)[:, None]
    sky = np.rint(255 + share * (np.array(SKY) - 255))
    after = graded(sky, band("blue", **settings))
    assert np.diff(luma(*after.T)).max() < 0.3  # it falls; rounding of the sky alone makes 0.2
    assert np.abs(np.diff(after, axis=0)).max() < 3.2
