"""A lightened face has a lightened neck; walls, wood and other people's skin are none of its business."""

import numpy as np
import pytest
from skimage import data

from models.faces.skin import SkinModel
from tests.models.faces.portraits import (
    CHEEKS,
    HAIR,
    TONES,
    plain_wall,
    rgba,
    scaled,
    together,
    toned,
    with_neck,
    wooden_wall,
)
from tests.models.faces.retouching import change, detector, lab, retouched, turn

NECK = (212, 184, 236, 198)
SHOULDERS = [(170, 232, 200, 246), (248, 232, 278, 246)]
ARMS = [(116, 270, 138, 330), (310, 270, 332, 330)]
DRESS = (160, 280, 290, 400)
BLUE = plain_wall((120, 150, 160))
SKIN_COLOURED = {"plaster": plain_wall((205, 165, 140)), "wood": wooden_wall()}
WHITENING = {"whitening": 1.0}


def gain(before: np.ndarray, after: np.ndarray, box: tuple[int, int, int, int], factor: int = 1) -> float:
    return float(lab(after, box, factor)[0] - lab(before, box, factor)[0])


@pytest.mark.parametrize("factor", [1, 4])
def test_neck_and_arms_are_lightened_with_the_face(factor: int) -> None:
    before = scaled(with_neck(BLUE), factor)
    after = retouched(before, **WHITENING)
    face = np.mean([gain(before, after, box, factor) for box in CHEEKS])
    assert gain(before, after, NECK, factor) > 0.75 * face
    for box in SHOULDERS + ARMS:
        assert 0.4 * face < gain(before, after, box, factor) < 1.3 * face, box
    for box in (NECK, *SHOULDERS, *ARMS):
        assert abs(turn(lab(before, box, factor), lab(after, box, factor))) <= 3


def test_no_border_shows_between_face_and_neck() -> None:
    before = with_neck(BLUE)
    gains = (retouched(before, **WHITENING).astype(float) - before)[166:215, 214:236].mean(axis=(1, 2))
    smooth = np.convolve(gains, np.full(5, 0.2), mode="valid")
    assert smooth.min() > 0.6 * smooth.max()
    assert np.abs(np.diff(smooth)).max() < 1.2


def test_arms_are_smoothed_too_but_keep_a_texture() -> None:
    before = with_neck(BLUE)
    after = retouched(before, smoothing=1.0)
    x0, y0, x1, y1 = SHOULDERS[0]
    left = [float(np.diff(part[y0:y1, x0:x1, 1].astype(float), axis=1).var()) for part in (before, after)]
    assert 0.15 < left[1] / left[0] < 0.8


def test_what_is_beside_skin_stays() -> None:
    before = with_neck(BLUE)
    after = retouched(before, smoothing=1.0, **WHITENING)
    for box in (DRESS, (20, 20, 120, 230), (350, 20, 500, 400)):
        assert change(before, after, box) < 0.1, box
    assert change(before, after, HAIR) < 1


@pytest.mark.parametrize("wall", SKIN_COLOURED)
def test_a_wall_of_the_skins_colour_stays(wall: str) -> None:
    before = with_neck(SKIN_COLOURED[wall])
    after = retouched(before, smoothing=1.0, **WHITENING)
    assert gain(before, after, CHEEKS[1]) > 4
    for box in ((0, 0, 130, 512), (330, 0, 512, 512), (140, 140, 178, 195), (272, 140, 320, 195)):
        assert change(before, after, box) < 0.3, box


def test_only_the_astronauts_own_picture_changes_below_the_chin_as_far_as_skin_goes() -> None:
    before = data.astronaut()
    after = retouched(before, smoothing=1.0, **WHITENING)
    assert gain(before, after, (226, 182, 238, 186)) > 3  # her neck
    for box in ((196, 196, 256, 240), (60, 260, 200, 400), (0, 0, 140, 512), (330, 0, 512, 300)):
        assert change(before, after, box) < 0.01, box


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("whitening", [0.5, 1.0])
def test_whitened_skin_of_any_tone_keeps_its_hue(tone: str, whitening: float) -> None:
    before = toned(tone)
    after = retouched(before, whitening=whitening)
    for box in (*CHEEKS, (208, 158, 240, 172), (206, 84, 240, 90)):
        was, now = lab(before, box), lab(after, box)
        assert now[0] > was[0] + 0.5, box
        assert abs(turn(was, now)) <= 3, box


def test_each_face_has_the_model_of_its_own_skin(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt = []
    plain = SkinModel.learnt

    def remembered(rgb: np.ndarray, sample: np.ndarray) -> SkinModel | None:
        learnt.append(plain(rgb, sample))
        return learnt[-1]

    monkeypatch.setattr(SkinModel, "learnt", staticmethod(remembered))
    before = together(toned("pale"), toned("brown"), toned("dark"))
    retouched(before, smoothing=0.5)
    lumas = sorted(model.luma for model in learnt if model is not None)
    assert len(lumas) == 3
    assert lumas[0] < 100
    assert 110 < lumas[1] < 150
    assert lumas[2] > 190


def test_people_of_different_skin_are_each_retouched_as_if_alone() -> None:
    tones = ("pale", "brown", "dark")
    sliders = {"smoothing": 0.8, "whitening": 0.5}
    before = together(*[toned(tone) for tone in tones])
    assert len(detector().detect(rgba(before))) == 3
    after = retouched(before, **sliders)
    for index, tone in enumerate(tones):
        alone = gain(toned(tone), retouched(toned(tone), **sliders), CHEEKS[0])
        x0, y0, x1, y1 = CHEEKS[0]
        here = (x0 - 100 + 250 * index, y0, x1 - 100 + 250 * index, y1)
        assert gain(before, after, here) == pytest.approx(alone, abs=0.8), tone


def test_arms_that_touch_are_not_lightened_twice() -> None:
    alone = with_neck(BLUE)
    before = np.ascontiguousarray(np.concatenate([alone[:, 108:340], alone[:, 108:340]], axis=1))
    after = retouched(before, **WHITENING)
    once = gain(alone, retouched(alone, **WHITENING), ARMS[1])
    for x0 in (ARMS[1][0] - 108, ARMS[0][0] - 108 + 232):
        arm = (x0, 270, x0 + 22, 330)
        assert gain(before, after, arm) < 1.25 * once


@pytest.mark.parametrize("sliders", [{"eyes": 1.0}, {"teeth": 1.0}, {"blemish": 1.0}, {"sharpening": 1.0}])
def test_features_alone_leave_the_body_alone(sliders: dict[str, float]) -> None:
    before = with_neck(BLUE)
    assert np.array_equal(retouched(before, **sliders)[195:], before[195:])
