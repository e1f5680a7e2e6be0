"""What a user would notice of a fill: texture goes on, lines go on, no seam, and the same bytes each time."""

import os
import shutil

import cv2
import numpy as np
import pytest
from skimage import data

from models.compiled.patches.patches import Patches
from models.erase.fill import Telea


@pytest.fixture(scope="module")
def patches(tmp_path_factory):
    if shutil.which("cc") is None and os.environ.get("CI") != "true":
        pytest.skip("needs a C compiler")
    return Patches(tmp_path_factory.mktemp("library"))


def rgb(picture):
    return np.ascontiguousarray(np.dstack([picture] * 3) if picture.ndim == 2 else picture[..., :3])


TEXTURES = {"gravel": data.gravel, "grass": data.grass, "brick": data.brick}
PHOTOS = {**TEXTURES, "fur": data.chelsea, "coffee": data.coffee, "astronaut": data.astronaut}


def part(name, y=128, x=128, side=256):
    return np.ascontiguousarray(rgb(PHOTOS[name]())[y : y + side, x : x + side])


def disc(side, radius, *, at=None):
    mask = np.zeros((side, side), np.uint8)
    cv2.circle(mask, at or (side // 2, side // 2), radius, 255, -1)
    return mask


def box(size, left, top, wide, high):
    mask = np.zeros(size, np.uint8)
    mask[top : top + high, left : left + wide] = 255
    return mask


def filled(inpainter, crop, mask):
    """Return the fill of a crop in which what is marked was black."""
    (result,) = inpainter.fill([np.where(mask[:, :, None] > 0, np.uint8(0), crop)], [mask])
    return result


def steps(picture):
    """Return the mean absolute step to the right and lower neighbour, float (h, w)."""
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(float)
    return (np.abs(np.diff(luma, axis=1, append=luma[:, -1:])) + np.abs(np.diff(luma, axis=0, append=luma[-1:]))) / 2


def sky(side=256, noise=2.0):
    y, x = np.mgrid[:side, :side].astype(float)
    ramp = np.dstack([100 + y / 8, 140 + y / 10 + x / 30, 190 + x / 20])
    return np.clip(np.rint(ramp + np.random.default_rng(3).normal(0, noise, (side, side, 1))), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", TEXTURES)
def test_texture_goes_on_where_opencv_leaves_a_smudge(patches, name):
    photo, mask = part(name), disc(256, 50)
    inner = mask > 0
    truth = steps(photo)[inner].mean()
    ours, opencv = (steps(filled(each, photo, mask))[inner].mean() / truth for each in (patches, Telea()))
    assert 0.7 < ours < 1.3
    assert opencv < 0.4


@pytest.mark.parametrize("name", TEXTURES)
def test_a_fill_is_as_light_and_as_varied_as_its_surroundings(patches, name):
    photo, mask = part(name), disc(256, 50)
    result = cv2.cvtColor(filled(patches, photo, mask), cv2.COLOR_RGB2GRAY)[mask > 0].astype(float)
    around = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[mask == 0].astype(float)
    assert result.mean() == pytest.approx(around.mean(), abs=12)
    assert result.std() == pytest.approx(around.std(), rel=0.3)


def test_a_horizon_goes_on_through_the_hole(patches):
    photo = sky()
    for x in range(256):
        photo[120 + x // 8 :, x] = (40, 80, 30)
    mask = disc(256, 50)
    off = np.abs(filled(patches, photo, mask).astype(int) - photo).max(axis=2)[mask > 0]
    assert (off > 20).mean() < 0.02
    opencv = np.abs(filled(Telea(), photo, mask).astype(int) - photo).max(axis=2)[mask > 0]
    assert (off > 20).mean() < (opencv > 20).mean() / 4


def test_a_fence_goes_on_through_the_hole(patches):
    photo = np.full((256, 256, 3), (60, 120, 60), np.uint8)
    for x in range(0, 256, 32):
        photo[:, x : x + 12] = (180, 150, 110)
    photo[150:160] = (120, 90, 60)
    mask = disc(256, 50)
    off = np.abs(filled(patches, photo, mask).astype(int) - photo).max(axis=2)[mask > 0]
    assert (off > 20).mean() < 0.1


def test_a_sky_has_neither_blobs_nor_stripes(patches):
    photo, mask = sky(), box((256, 256), 70, 60, 110, 120)
    off = filled(patches, photo, mask).astype(np.float32) - sky(noise=0)
    slow = cv2.GaussianBlur(off, (0, 0), 6)[mask > 0]
    assert np.abs(slow).max() < 2.5
    assert off[mask > 0].std() == pytest.approx(2, rel=0.25)


def test_a_wire_leaves_nothing_behind(patches):
    photo = sky()
    mask = np.zeros((256, 256), np.uint8)
    cv2.line(mask, (0, 90), (255, 150), 255, 9)
    off = filled(patches, photo, mask).astype(float) - sky(noise=0)
    assert np.abs(off[mask > 0]).mean() < 2 * np.abs(sky().astype(float) - sky(noise=0))[mask > 0].mean()


@pytest.mark.parametrize("name", PHOTOS)
def test_steps_across_the_border_are_like_those_around_it(patches, name):
    random = np.random.default_rng(11)
    across, around = [], []
    for _ in range(4):
        photo = part(name, *(int(start) for start in random.integers(0, 100, 2)), side=200)
        mask = disc(200, int(random.integers(12, 40)), at=tuple(int(place) for place in random.integers(60, 140, 2)))
        result = steps(filled(patches, photo, mask))
        inner = mask > 0
        border = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
        near = (cv2.dilate(mask, np.ones((15, 15), np.uint8)) > 0) & ~inner & ~border
        across.append(result[border].mean())
        around.append(steps(photo)[near].mean())
    assert np.mean(across) < 1.35 * np.mean(around) + 1


def test_known_pixels_stay_and_the_same_bytes_come_again(patches):
    photo, mask = part("coffee"), disc(256, 40)
    first, second = patches.fill([photo, photo], [mask, mask])
    assert np.array_equal(first[mask == 0], photo[mask == 0])
    assert np.array_equal(first, second)


def test_what_was_marked_does_not_matter_wherever_it_is(patches):
    photo = part("gravel")
    mask = disc(256, 30) | box((256, 256), 10, 10, 40, 30)
    other = photo.copy()
    other[mask > 0] = (255, 0, 255)
    first, second = patches.fill([photo, other], [mask, mask])
    assert np.array_equal(first, second)


HOLES = {
    "one pixel": box((64, 64), 30, 30, 1, 1),
    "corner": box((64, 64), 0, 0, 20, 20),
    "edge": box((64, 64), 0, 20, 64, 20),
    "all but a patch": 255 - box((64, 64), 20, 30, 8, 8),
    "all but less than a patch": 255 - box((64, 64), 20, 30, 7, 8),
    "all but one pixel": 255 - box((64, 64), 5, 5, 1, 1),
    "rows": np.tile(np.uint8([[255]] * 4 + [[0]] * 12), (4, 64)),
    "chessboard": np.kron(np.indices((8, 8)).sum(axis=0) % 2, np.ones((8, 8), np.uint8)).astype(np.uint8) * 255,
    "every third pixel": np.tile(np.uint8([[255, 0, 0], [0, 0, 0], [0, 0, 0]]), (21, 21)),
    "frame": 255 - box((64, 64), 24, 24, 16, 16),
    "nothing": np.zeros((64, 64), np.uint8),
}


@pytest.mark.parametrize("name", HOLES)
def test_holes_of_all_kinds_are_filled_with_what_is_around(patches, name):
    mask = HOLES[name]
    photo = np.full((*mask.shape, 3), 120, np.uint8)
    photo[::2] = 124
    result = filled(patches, photo, mask)
    assert np.array_equal(result[mask == 0], photo[mask == 0])
    assert np.abs(result.astype(int) - 122).max() <= 10


@pytest.mark.parametrize("size", [(1, 50), (50, 1), (7, 90), (8, 8), (8, 200), (9, 31), (33, 257)])
def test_narrow_crops_are_filled_too(patches, size):
    photo, mask = np.full((*size, 3), 99, np.uint8), np.zeros(size, np.uint8)
    mask[size[0] // 2, size[1] // 2 :] = 255
    assert np.abs(filled(patches, photo, mask).astype(int) - 99).max() <= 12  # OpenCV's method drifts


def test_a_hole_of_many_levels_has_no_seam(patches):
    """Sizes that are odd at every level."""
    photo, mask = np.ascontiguousarray(sky(511)[:383]), box((383, 511), 150, 90, 201, 187)
    off = filled(patches, photo, mask).astype(np.float32) - sky(511, noise=0)[:383]
    assert np.abs(cv2.GaussianBlur(off, (0, 0), 8)[mask > 0]).max() < 2.5
