import numpy as np
import pytest

from models.erase.region import checked, grown, mask_of_boxes, mask_of_picture
from models.errors import PhotoError


def painted(grey: np.ndarray, alpha: int = 255) -> np.ndarray:
    return np.dstack([grey, grey, grey, np.full(grey.shape, alpha, np.uint8)])


def test_boxes_in_fractions_and_in_pixels_mark_the_same():
    fractions = mask_of_boxes(100, 200, [[0.25, 0.1, 0.5, 0.2]], fraction=True)
    pixels = mask_of_boxes(100, 200, [[50, 10, 100, 20]], fraction=False)
    assert np.array_equal(fractions, pixels)
    assert fractions[10:30, 50:150].all()
    assert int((fractions > 0).sum()) == 20 * 100


def test_a_box_marks_every_pixel_that_it_touches_and_ends_at_the_edge():
    mask = mask_of_boxes(10, 10, [[8.5, 8.5, 100, 100]], fraction=False)
    assert np.flatnonzero(mask.any(axis=0)).tolist() == [8, 9]


@pytest.mark.parametrize("size", [(50, 100), (100, 200), (400, 800)])
def test_a_painted_mask_of_any_size_covers_the_same_part(size):
    grey = np.zeros(size, np.uint8)
    grey[size[0] // 2 :, : size[1] // 4] = 255
    mask = mask_of_picture(painted(grey), 100, 200)
    assert set(np.unique(mask)) == {0, 255}
    wanted = np.zeros((100, 200), np.uint8)
    wanted[50:, :50] = 255
    assert (mask != wanted).mean() < 0.02


def test_what_is_transparent_is_not_painted():
    assert not mask_of_picture(painted(np.full((8, 8), 255, np.uint8), alpha=0), 8, 8).any()


def test_a_mask_grows_by_a_disk():
    mask = np.zeros((41, 41), np.uint8)
    mask[20, 20] = 255
    ys, xs = np.nonzero(grown(mask, 10))
    away = np.hypot(ys - 20, xs - 20)
    assert 9.5 <= away.max() <= 10.5
    assert len(ys) == pytest.approx(np.pi * 100, rel=0.06)
    assert grown(mask, 0) is mask


@pytest.mark.parametrize(("value", "code"), [(0, "empty_mask"), (255, "full_mask")])
def test_a_mask_of_nothing_and_of_everything_is_refused(value, code):
    with pytest.raises(PhotoError) as refused:
        checked(np.full((4, 4), value, np.uint8))
    assert refused.value.code == code
    assert "white" in refused.value.detail
