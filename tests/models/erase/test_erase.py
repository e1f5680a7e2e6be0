"""What a user would notice: what was marked is gone, and nothing else has changed."""

import os
import shutil

import cv2
import numpy as np
import pytest
from skimage import data

from models.compiled.patches.patches import Patches
from models.erase.erase import FEATHER, Erase
from models.erase.fill import Telea
from models.erase.filling import alone
from models.erase.holes import holes_of
from models.erase.region import distance_to, grown
from tests.models.pictures import picture_of


def rgba(rgb):
    return np.dstack([rgb, np.full(rgb.shape[:2], 200, np.uint8)])


def sky(height=900, width=1200, noise=4.0):
    """A gradient with the noise of a sensor."""
    ramp = np.linspace(90, 200, height, dtype=np.float32)[:, None, None] * np.ones((1, width, 3), np.float32)
    ramp += np.random.default_rng(3).normal(0, noise, (height, width, 1)).astype(np.float32)
    return np.clip(np.rint(ramp), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module", params=["telea", "patches"])
def inpainter(request, tmp_path_factory):
    if request.param == "telea":
        return Telea()
    if shutil.which("cc") is None and os.environ.get("CI") != "true":
        pytest.skip("needs a C compiler")
    return Patches(tmp_path_factory.mktemp("library"))


@pytest.fixture
def erased(inpainter):
    def run(pixels, mask, seed=7):
        result = pixels.copy()
        alone(Erase(inpainter).run(picture_of(result), mask, seed))
        return result

    return run


@pytest.mark.parametrize("hole", [(300, 200, 40, 40), (0, 0, 60, 60), (200, 100, 700, 600), (1150, 850, 50, 50)])
def test_no_pixel_beyond_the_feather_changes_and_alpha_never_does(hole, inpainter, erased):
    photo = rgba(sky())
    mask = np.zeros(photo.shape[:2], np.uint8)
    x, y, w, h = hole
    mask[y : y + h, x : x + w] = 255
    result = erased(photo, mask)
    feather = round(FEATHER * max(found.scale for found in holes_of(mask)))
    untouched = distance_to(mask) > feather + 1
    assert np.array_equal(result[untouched], photo[untouched])
    assert np.array_equal(result[..., 3], photo[..., 3])


def test_what_was_marked_is_gone(erased):
    clean = sky()
    photo = rgba(clean)
    cv2.line(photo, (0, 300), (1199, 420), (20, 20, 20, 200), 8)
    cv2.circle(photo, (600, 700), 25, (250, 30, 30, 200), -1)
    mask = np.where((photo[..., :3] != clean).any(axis=2), 255, 0).astype(np.uint8)
    mask = grown(mask, 3)
    result = erased(photo, mask)
    left = np.abs(result[..., :3][mask > 0].astype(int) - clean[mask > 0]).mean()
    assert left < 2 * np.abs(sky(noise=4)[mask > 0].astype(int) - sky(noise=0)[mask > 0]).mean()


def test_a_filled_patch_has_the_noise_of_its_surroundings(erased):
    photo = rgba(sky(noise=6))
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[300:400, 500:620] = 255
    result = erased(photo, mask)[..., 1].astype(np.float32)
    fine = result - cv2.GaussianBlur(result, (0, 0), 3)
    inside, around = fine[310:390, 510:610].std(), fine[100:250, 500:620].std()
    assert inside == pytest.approx(around, rel=0.25)


def test_a_clean_photo_gets_no_noise(erased):
    photo = rgba(sky(noise=0))
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[300:340, 500:560] = 255
    result = erased(photo, mask)[..., 1].astype(np.float32)
    assert np.abs(result[310:330, 510:550] - cv2.GaussianBlur(result, (0, 0), 3)[310:330, 510:550]).max() < 2


def test_a_photo_gives_the_same_bytes_each_time_and_another_photo_other_noise(inpainter, erased):
    photo = rgba(sky())
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[300:400, 500:620] = 255
    assert np.array_equal(erased(photo, mask), erased(photo, mask))
    assert np.array_equal(erased(photo, mask, seed=8), erased(photo, mask)) == (not inpainter.smooth)


def test_holes_do_not_depend_on_each_other(erased):
    photo = rgba(data.coffee())
    both, one = np.zeros(photo.shape[:2], np.uint8), np.zeros(photo.shape[:2], np.uint8)
    one[40:60, 40:80] = both[40:60, 40:80] = 255
    both[300:330, 500:530] = 255
    there = np.s_[:120, :160]
    assert np.array_equal(erased(photo, both)[there], erased(photo, one)[there])


@pytest.mark.parametrize("size", [(5, 7), (16, 200), (33, 9)])
def test_small_photos_are_filled_too(size, erased):
    photo = rgba(np.full((*size, 3), 120, np.uint8))
    photo[2:4, 3:6, :3] = 0
    mask = np.zeros(size, np.uint8)
    mask[2:4, 3:6] = 255
    result = erased(photo, mask)
    assert np.abs(result[2:4, 3:6, :3].astype(int) - 120).max() <= 2
