"""Warm and cool are seen on greys, and keep the colour of skies, skin and sunsets."""

import pytest
from skimage import color, data

from tests.presets.swatches import RAMP, SKIES, SKIN, change, graded

SUNSETS = {"orange": (235, 140, 70), "red": (200, 85, 50)}


@pytest.mark.parametrize("sky", SKIES)
def test_warm_keeps_blue_skies(sky: str) -> None:
    _, chroma, hue = change("filter_warm", SKIES[sky])[0]
    assert abs(chroma) < 2.2
    assert abs(hue) < 4


def test_warm_takes_little_from_the_pale_sky_of_a_photo() -> None:
    sky = data.rocket()[50:250, 270:300].reshape(-1, 3)
    assert change("filter_warm", sky)[:, 1].mean() > -4  # a white balance that warms greys as much: -6


@pytest.mark.parametrize("skin", SKIN)
def test_warm_does_not_turn_skin_orange_nor_cool_blue(skin: str) -> None:
    _, warmer, hue = change("filter_warm", SKIN[skin])[0]
    assert 0 < warmer < 8
    assert abs(hue) < 3.5
    _, cooler, hue = change("filter_cool", SKIN[skin])[0]
    assert -6 < cooler < 0
    assert abs(hue) < 4


@pytest.mark.parametrize("sunset", SUNSETS)
def test_cool_keeps_sunsets(sunset: str) -> None:
    _, chroma, hue = change("filter_cool", SUNSETS[sunset])[0]
    assert abs(chroma) < 2
    assert abs(hue) < 2


@pytest.mark.parametrize(("preset_id", "sign"), [("filter_warm", 1), ("filter_cool", -1)])
def test_warm_and_cool_are_seen_on_greys(preset_id: str, sign: int) -> None:
    yellow = sign * color.rgb2lab(graded(preset_id, RAMP[None, [60, 128, 200]])[None])[0, :, 2]
    assert (yellow > 4).all()
