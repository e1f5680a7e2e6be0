"""Spots vanish, teeth and eyes are brighter, circles below the eyes lighter, and each slider minds its own business."""

import cv2
import numpy as np
import pytest
from skimage import data

from tests.models.faces.portraits import (
    CHEEKS,
    HAIR,
    IRISES,
    LIPS,
    SPOTS,
    SUIT,
    TEETH,
    UNDER_EYES,
    WHITES,
    around,
    bearded,
    scaled,
    spotted,
    tired,
    toned,
    with_closed_lips,
    with_glasses,
    with_yellow_teeth,
)
from tests.models.faces.retouching import change, lab, retouched, turn

SLIDERS = ("blemish", "eyes", "teeth", "dark_circles")
ASTRONAUT = data.astronaut()


def spot_depths(rgb: np.ndarray, factor: int) -> np.ndarray:
    """How much darker than the skin around it each painted spot is, in codes of green."""
    depths = []
    for x, y, radius in SPOTS:
        place, distance = around(x, y, 2 * radius + 3, factor)
        green, ring = rgb[place][..., 1], (distance > 2 * radius + 1) & (distance < 2 * radius + 3)
        depths.append(np.median(green[ring]) - green[distance < radius].mean())
    return np.asarray(depths)


@pytest.mark.parametrize("factor", [1, 4, pytest.param(8, marks=pytest.mark.slow)])
def test_spots_vanish(factor: int) -> None:
    clean = scaled(ASTRONAUT, factor)
    before = spotted(clean, factor)
    after = retouched(before, blemish=1.0)
    assert spot_depths(before, factor).min() > 30
    assert np.abs(spot_depths(after, factor)).max() < 8
    half = spot_depths(retouched(before, blemish=0.5), factor) / spot_depths(before, factor)
    assert (half > 0.3).all()
    assert (half < 0.7).all()


def test_spots_on_dark_skin_vanish_too() -> None:
    before = spotted(toned("brown"))
    healed = spot_depths(retouched(before, blemish=1.0), 1) / spot_depths(before, 1)
    assert healed.max() < 0.25


def test_healed_skin_keeps_a_texture() -> None:
    before = spotted(scaled(ASTRONAUT, 8), 8)
    after = retouched(before, blemish=1.0)
    for x, y, _ in SPOTS[:4]:
        fine = [part[8 * y - 6 : 8 * y + 6, 8 * x - 6 : 8 * x + 6, 1].astype(np.float32) for part in (before, after)]
        grain = [float((plane - cv2.GaussianBlur(plane, (0, 0), 2)).std()) for plane in fine]
        assert grain[1] > 0.35 * grain[0], (x, y)


@pytest.mark.parametrize("factor", [1, 8])
def test_skin_without_spots_hardly_changes(factor: int) -> None:
    before = scaled(ASTRONAUT, factor)
    moved = np.abs(retouched(before, blemish=1.0).astype(int) - before).max(axis=2)
    assert (moved > 4).sum() < 60 * factor**2  # of 9,000 pixels of a face


def test_stubble_is_no_blemish() -> None:
    before = bearded(4)
    moved = np.abs(retouched(before, blemish=1.0).astype(int) - before).max(axis=2)
    chin = moved[155 * 4 : 172 * 4, 205 * 4 : 240 * 4]
    assert (chin > 4).mean() < 0.02


def test_large_moles_stay_whole() -> None:
    before = ASTRONAUT.copy()
    cv2.circle(before, (196, 128), 5, (96, 66, 52), -1, cv2.LINE_AA)
    after = retouched(before, blemish=1.0)
    assert change(before, after, (189, 121, 204, 136)) < 0.5


def test_teeth_lose_their_yellow_and_gain_light() -> None:
    before = with_yellow_teeth()
    after = retouched(before, teeth=1.0)
    was, now = lab(before, TEETH), lab(after, TEETH)
    assert was[2] - now[2] > 0.35 * was[2]
    assert now[2] > 0  # teeth, not paper
    assert 1 < now[0] - was[0] < 8


def test_whitened_teeth_are_not_blown_out() -> None:
    after = retouched(ASTRONAUT, teeth=1.0)
    x0, y0, x1, y1 = TEETH
    new = (after[y0:y1, x0:x1] >= 254) & (ASTRONAUT[y0:y1, x0:x1] < 254)
    assert new.mean() < 0.01


def test_lips_stay_when_teeth_are_whitened() -> None:
    before = with_yellow_teeth()
    after = retouched(before, teeth=1.0)
    for box in LIPS:
        assert change(before, after, box) < 1.0


@pytest.mark.parametrize("tone", ["brown", "dark"])
def test_teeth_are_found_in_dark_skin(tone: str) -> None:
    before = toned(tone)
    after = retouched(before, teeth=1.0)
    assert change(before, after, TEETH) > 2
    for box in LIPS:
        assert change(before, after, box) < 1.0


def test_a_closed_mouth_has_no_teeth() -> None:
    before = with_closed_lips()
    assert np.array_equal(retouched(before, teeth=1.0), before)


def test_the_gloss_of_closed_lips_is_no_tooth() -> None:
    before = with_closed_lips()
    cv2.ellipse(before, (224, 145), (4, 1), 0, 0, 360, (235, 225, 222), -1, cv2.LINE_AA)
    assert np.array_equal(retouched(before, teeth=1.0), before)


def test_the_dark_of_an_open_mouth_is_no_tooth() -> None:
    before = with_closed_lips()
    cv2.ellipse(before, (224, 146), (14, 4), 0, 0, 360, (48, 46, 45), -1, cv2.LINE_AA)
    assert np.array_equal(retouched(before, teeth=1.0), before)


def test_the_light_in_an_eye_keeps_its_shades() -> None:
    before, lights = scaled(ASTRONAUT, 4, noise=0), [(816, 402), (984, 402)]
    for place in lights:
        cv2.circle(before, place, 6, (240, 240, 240), -1, cv2.LINE_AA)
    after = retouched(before, eyes=1.0)
    for (x, y), box in zip(lights, IRISES, strict=True):
        assert change(before, after, (x - 2, y - 2, x + 3, y + 3)) < 4
        assert change(before, after, box, 4) > 10, "the iris around it is brighter"


def test_eyes_are_brighter_and_keep_their_colour() -> None:
    after = retouched(ASTRONAUT, eyes=1.0)
    for box in IRISES:
        was, now = lab(ASTRONAUT, box), lab(after, box)
        assert 1 < now[0] - was[0] < 10
        assert abs(turn(was, now)) < 8
    for box in WHITES:
        was, now = lab(ASTRONAUT, box), lab(after, box)
        assert now[0] > was[0]
        assert np.hypot(*now[1:]) < np.hypot(*was[1:])  # nearer to neutral
    new = (after >= 250) & (ASTRONAUT < 250)
    assert new.any(axis=2).sum() < 8  # nothing glows


def test_glasses_stay_as_they_are_and_sunglasses_dark() -> None:
    sliders = {"blemish": 1.0, "eyes": 1.0, "dark_circles": 1.0}
    for dark in (False, True):
        before = with_glasses(dark)
        moved = np.abs(retouched(before, **sliders).astype(int) - before).max(axis=2)
        frames = np.all(before < 60, axis=2)
        frames[120:] = frames[:80] = False
        assert frames.sum() > 300
        assert moved[frames].mean() < 1.0
    assert change(before, retouched(before, **sliders), (192, 94, 214, 110)) < 0.5  # a lens


@pytest.mark.parametrize("factor", [1, 4])
def test_circles_below_the_eyes_fade(factor: int) -> None:
    clean = scaled(ASTRONAUT, factor)
    before = tired(clean, factor, depth=16)
    after = retouched(before, dark_circles=1.0)
    for box, cheek in zip(UNDER_EYES, CHEEKS, strict=True):
        fresh, was, now = (lab(picture, box, factor) for picture in (clean, before, after))
        level = min(fresh[0], lab(clean, cheek, factor)[0])
        assert now[0] - was[0] > 0.35 * (level - was[0])
        assert now[0] < fresh[0] + 1  # no white patches
        assert abs(now[2] - fresh[2]) < 0.6 * abs(was[2] - fresh[2])  # nor blue ones


def test_the_crease_below_the_lid_stays() -> None:
    before = tired(scaled(ASTRONAUT, 4), 4)
    after = retouched(before, dark_circles=1.0)
    for x0, _, x1, _ in UNDER_EYES:
        planes = [part[104 * 4 : 120 * 4, x0 * 4 : x1 * 4, 1].astype(np.float32) for part in (before, after)]
        edges = [float(np.abs(np.diff(cv2.GaussianBlur(plane, (0, 0), 2), axis=0)).mean()) for plane in planes]
        assert edges[1] > 0.75 * edges[0]


def test_rested_eyes_hardly_change() -> None:
    after = retouched(ASTRONAUT, dark_circles=1.0)
    for box in UNDER_EYES:
        assert abs(lab(after, box)[0] - lab(ASTRONAUT, box)[0]) < 2.5


@pytest.mark.parametrize("slider", SLIDERS)
def test_more_of_a_slider_is_more_and_none_is_nothing(slider: str) -> None:
    before = spotted(tired(with_yellow_teeth()))
    moves = [
        float(np.abs(retouched(before, **{slider: amount}).astype(int) - before).mean()) for amount in (0, 0.25, 0.5, 1)
    ]
    assert moves[0] == 0
    assert moves == sorted(moves)
    assert moves[3] > 1.5 * moves[2] > 0


@pytest.mark.parametrize("slider", SLIDERS)
def test_hair_suit_and_the_middle_of_the_cheeks_stay(slider: str) -> None:
    before = with_yellow_teeth()
    after = retouched(before, **{slider: 1.0})
    for box in (HAIR, SUIT):
        assert change(before, after, box) == 0, box
    for box in ((188, 121, 200, 132), (242, 121, 256, 134)):
        assert change(before, after, box) < 0.5, box


def test_a_small_face_keeps_its_shape() -> None:
    before = scaled(ASTRONAUT, 0.4)  # 35 pixels wide
    after = retouched(before, blemish=1.0, eyes=1.0, teeth=1.0, dark_circles=1.0)
    moved = np.abs(after.astype(int) - before).max(axis=2)
    assert moved.any()
    assert moved.max() < 50
    assert change(before, after, (70, 22, 110, 72)) < 3


def test_a_mirrored_face_is_retouched_alike() -> None:
    before = spotted(tired(with_yellow_teeth()))
    amounts = dict.fromkeys(SLIDERS, 1.0)
    mirrored = np.ascontiguousarray(before[:, ::-1])
    moves = [np.abs(retouched(each, **amounts).astype(int) - each).sum() for each in (before, mirrored)]
    assert moves[1] == pytest.approx(moves[0], rel=0.25)


@pytest.mark.parametrize("degrees", [-20, 20])
def test_a_tilted_face_gets_the_same(degrees: int) -> None:
    middle = cv2.getRotationMatrix2D((225, 118), degrees, 1.0)
    before = cv2.warpAffine(with_yellow_teeth(), middle, (512, 512), borderMode=cv2.BORDER_REFLECT)
    back = cv2.getRotationMatrix2D((225, 118), -degrees, 1.0)
    upright, after = (
        np.asarray(cv2.warpAffine(each, back, (512, 512)))
        for each in (before, retouched(np.ascontiguousarray(before), teeth=1.0, eyes=1.0))
    )
    was, now = lab(upright, TEETH), lab(after, TEETH)
    assert was[2] - now[2] > 0.3 * was[2]
    for box in IRISES:
        assert lab(after, box)[0] > lab(upright, box)[0] + 0.7
    for box in (*LIPS, *CHEEKS):
        assert change(upright, after, box) < 1.0, box


def test_the_same_photo_gives_the_same_bytes() -> None:
    before = spotted(tired(with_yellow_teeth()))
    sliders = {"smoothing": 0.6, "whitening": 0.4, **dict.fromkeys(SLIDERS, 0.7)}
    assert np.array_equal(retouched(before, **sliders), retouched(before, **sliders))


@pytest.mark.parametrize("name", ["chelsea", "coffee"])
def test_without_a_face_no_byte_changes(name: str) -> None:
    before = getattr(data, name)()
    after = retouched(before, smoothing=1.0, whitening=1.0, sharpening=1.0, **dict.fromkeys(SLIDERS, 1.0))
    assert np.array_equal(after, before)
