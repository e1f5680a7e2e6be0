"""What each built-in look promises: of skies, skin, greys, plates and nights."""

import numpy as np
import pytest
from skimage import color, data

from presets.catalogue import Catalogue
from tests.presets.swatches import OF_FACES, RAMP, SKIES, SKIN, change, graded, lch, run

LOOKS = [preset.id for preset in Catalogue.built_in().list() if preset.type != "erase"]
FOOD = {"tomato": (190, 45, 35), "carrot": (220, 120, 50), "toast": (170, 105, 60)}


@pytest.mark.parametrize("preset_id", ["filter_sky", "filter_food", "color_mono"])
def test_greys_stay_neutral(preset_id: str) -> None:
    assert np.ptp(graded(preset_id, RAMP), axis=1).max() == 0


@pytest.mark.parametrize("preset_id", LOOKS)
def test_a_ramp_of_greys_has_no_bands(preset_id: str) -> None:
    steps = np.diff(graded(preset_id, RAMP).astype(int), axis=0)
    assert steps.min() >= 0
    assert steps.max() <= 3


@pytest.mark.parametrize("preset_id", [look for look in LOOKS if look not in ("color_mono", "color_vintage")])
def test_skin_keeps_its_hue(preset_id: str) -> None:
    assert np.abs(change(preset_id, list(SKIN.values()))[:, 2]).max() < 5


@pytest.mark.parametrize("preset_id", [look for look in LOOKS if look != "color_mono"])
@pytest.mark.parametrize("photo", ["astronaut", "coffee", "chelsea", "rocket"])
def test_hardly_a_channel_is_clipped(preset_id: str, photo: str) -> None:
    before = getattr(data, photo)()[::3, ::3].reshape(-1, 3)
    after = graded(preset_id, before)
    for edge in (0, 255):
        newly = (after == edge) & (np.abs(before.astype(int) - edge) > 2)
        assert newly.mean() < 1e-4


@pytest.mark.parametrize("sky", SKIES)
def test_clear_sky_deepens_blue_and_turns_it_neither_purple_nor_green(sky: str) -> None:
    lightness, chroma, hue = change("filter_sky", SKIES[sky])[0]
    assert lightness < 0
    assert chroma > 5
    assert abs(hue) < 5


def test_clear_sky_leaves_clouds_and_skin() -> None:
    assert graded("filter_sky", [(255, 255, 255)]).min() == 255
    assert np.abs(change("filter_sky", list(SKIN.values()))[:, 1:]).max() < 1.5


@pytest.mark.parametrize("food", FOOD)
def test_food_is_richer_and_brighter(food: str) -> None:
    lightness, chroma, hue = change("filter_food", FOOD[food])[0]
    assert lightness > 1
    assert chroma > 4
    assert abs(hue) < 4


def test_plates_stay_white() -> None:
    plates = [(250, 250, 250), (235, 235, 235), (244, 242, 238)]
    lightness, chroma, _ = change("filter_food", plates).T
    assert (lightness > 0).all()
    assert np.abs(chroma).max() < 0.7


def test_night_opens_shadows_holds_lights_and_keeps_black() -> None:
    shadows, lights = change("filter_night", RAMP[30:70])[:, 0], change("filter_night", RAMP[200:250])[:, 0]
    assert shadows.min() > 1.5
    assert lights.max() < 0
    assert graded("filter_night", RAMP[:1]).max() == 0
    assert graded("filter_night", RAMP[4:5]).max() < 8


def test_film_opens_black_less_than_a_retro_print_and_keeps_the_middle_neutral() -> None:
    black, print_black = (lch(graded(look, RAMP[:1]))[0, 0] for look in ("color_film", "color_vintage"))
    assert 1 < black < print_black / 1.5
    assert lch(graded("color_film", RAMP[100:160]))[:, 1].max() < 2


def test_film_mutes_greens_and_has_grain() -> None:
    assert change("color_film", [(80, 140, 60)])[0, 1] < -3
    flat = np.full((64, 64, 3), 128, np.uint8)
    assert run("color_film", frozenset(OF_FACES), flat.tobytes(), 64)[..., 1].std() > 0.8


def test_black_and_white_has_no_colour() -> None:
    photo = np.ascontiguousarray(data.astronaut()[::2, ::2])
    after = run("color_mono", frozenset(OF_FACES), photo.tobytes(), len(photo))
    assert np.ptp(after, axis=2).max() == 0
    assert after.std() > 40


def test_black_and_white_separates_skin_from_sky() -> None:
    skin, sky = (185, 130, 108), (105, 142, 190)
    assert abs(lch([skin])[0, 0] - lch([sky])[0, 0]) < 2
    light, dark = lch(graded("color_mono", [skin, sky]))[:, 0]
    assert light > dark + 12


def test_teal_and_orange_split_the_tones_of_greys_and_turn_skies_to_teal() -> None:
    shadow, light = color.rgb2lab(graded("color_cinema", RAMP[[50, 215]])[None])[0]
    assert shadow[1] < -1
    assert shadow[2] < -2
    assert light[1] > 0.2
    assert light[2] > 2
    assert (change("color_cinema", list(SKIES.values()))[:, 2] < -8).all()
