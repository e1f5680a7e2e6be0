import json
from dataclasses import replace

import numpy as np
import pytest
import simplejpeg
from skimage import data

from benchmarks.photos.bracket import framed, under
from models.codec.header import Limits
from models.shoot import Light, Shift, analyse, match

FRAMES = ((0.5, 0.5), (0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1.0, 1.0))
LIGHTS = ((0, 0, 0), (-0.8, 0.3, 0), (0.5, -0.3, 0.2), (-0.4, 0, -0.2), (0.3, 0.1, 0.1))


def light_of(rgb) -> Light:
    return analyse(simplejpeg.encode_jpeg(np.ascontiguousarray(rgb), 90), Limits())


def taken(rgb, at=0.0):
    """Five framings of a scene under five lights."""
    frames = [framed(rgb, *place) for place in FRAMES]
    lights = [light_of(under(frame, *light)) for frame, light in zip(frames, LIGHTS, strict=True)]
    return [replace(light, taken=at + number) for number, light in enumerate(lights)]


@pytest.fixture(scope="module")
def astronauts():
    return taken(data.astronaut())


@pytest.fixture(scope="module")
def motorcycles():
    return taken(data.stereo_motorcycle()[0], at=3600)


def spread(shifts):
    """What is left of exposure, temperature and tint between the photos, and what there was (standard deviations)."""
    offsets = np.array(LIGHTS)
    left = offsets + [[shift.exposure, shift.temperature, shift.tint] for shift in shifts]
    return left.std(axis=0), offsets.std(axis=0)


def test_known_offsets_are_taken_back_whatever_the_framing(astronauts, motorcycles):
    for scene in (astronauts, motorcycles):
        after, before = spread(match(scene))
        assert (after < [0.2, 0.12, 0.12]).all()
        assert after[0] < before[0] / 2
        assert after[1] < before[1] / 2


def test_scenes_are_matched_each_by_itself(astronauts, motorcycles):
    both = match([*astronauts, *motorcycles])
    assert both[:5] == match(astronauts)
    assert both[5:] == match(motorcycles)


def test_the_order_in_the_batch_decides_nothing_where_there_are_times(astronauts, motorcycles):
    lights = [*astronauts, *motorcycles]
    turned = match(lights[::-1])[::-1]
    for one, other in zip(match(lights), turned, strict=True):
        assert np.abs(np.subtract([*one.to_json().values()], [*other.to_json().values()])).max() < 0.02


def test_a_photo_of_something_else_and_one_without_light_stay_as_they_are(astronauts):
    stranger = replace(light_of(data.rocket()), taken=2.5)
    shifts = match([*astronauts[:3], stranger, None, *astronauts[3:]])
    assert shifts[3:5] == [Shift(), Shift()]
    assert all(not shift.neutral for shift in (shifts[1], shifts[2]))


def test_a_photo_that_is_dark_on_purpose_stays_dark(astronauts):
    dark = replace(light_of(under(data.astronaut(), -4)), taken=5.0)
    assert abs(match([*astronauts, dark])[-1].exposure) < 0.75


def test_photos_that_are_alike_are_left_alone():
    frames = [light_of(framed(data.astronaut(), 0.5, place / 4, 0.95)) for place in range(5)]
    assert all(abs(shift.exposure) < 0.06 and abs(shift.temperature) < 0.06 for shift in match(frames))


def test_after_a_pause_a_scene_is_another(astronauts):
    later = replace(astronauts[1], taken=astronauts[0].taken + 3600)
    assert all(shift.neutral for shift in match([astronauts[0], later]))


def test_nothing_to_match_is_no_trouble():
    black, white = (light_of(np.full((64, 96, 3), level, np.uint8)) for level in (0, 255))
    assert match([]) == []
    assert match([None]) == [Shift()]
    assert match([black, white, black]) == [Shift()] * 3


def test_records_survive_json(astronauts):
    light = astronauts[0]
    written = json.dumps(light.to_json())
    assert Light.from_json(json.loads(written)) == light
    assert written.count(",") < 100
    shift = Shift(0.5, -0.1, 0.02)
    assert shift.scaled(0.5) == Shift(0.25, -0.05, 0.01)
    assert shift.scaled(0).as_params() == {}
    assert shift.as_params() == {"shift": {"exposure": 0.5, "temperature": -0.1, "tint": 0.02}}
