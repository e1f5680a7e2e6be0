import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.erase.holes import NATIVE, holes_of

SIZE = 3000, 4000
boxes = st.lists(
    st.tuples(st.integers(0, 3990), st.integers(0, 2990), st.integers(1, 900), st.integers(1, 900)),
    min_size=1,
    max_size=60,
)


def mask_of(areas, size=SIZE):
    mask = np.zeros(size, np.uint8)
    for x, y, w, h in areas:
        mask[y : y + h, x : x + w] = 255
    return mask


@given(boxes)
def test_every_marked_pixel_is_in_one_hole_and_each_hole_in_its_window(areas):
    mask = mask_of(areas)
    holes = holes_of(mask)
    assert len(holes) <= 40
    seen = np.zeros(mask.shape, np.uint8)
    for hole in holes:
        x0, y0, x1, y1 = hole.box
        seen[y0:y1, x0:x1] += 1
        left, top, right, bottom = hole.window
        assert 0 <= left <= x0 < x1 <= right <= 4000
        assert 0 <= top <= y0 < y1 <= bottom <= 3000
    assert seen.max() == 1
    assert seen[mask > 0].all()


def test_a_small_hole_is_looked_at_closely_and_one_like_it_gets_a_window_of_the_same_size():
    one, two = holes_of(mask_of([(1000, 1000, 40, 30), (3000, 2000, 33, 40)]))
    assert one.scale == two.scale == 1
    assert one.window[2] - one.window[0] == two.window[2] - two.window[0] == two.window[3] - two.window[1] == 192


def test_a_hole_in_the_corner_has_its_whole_window_within_the_photo():
    (hole,) = holes_of(mask_of([(0, 0, 50, 50)]))
    assert hole.window == (0, 0, 192, 192)


def test_near_holes_are_one_and_far_ones_are_not():
    near = [(1000, 1000, 40, 40), (1050, 1000, 40, 40)]
    assert len(holes_of(mask_of(near))) == 1
    far = [(1000, 1000, 40, 40), (1100, 1000, 40, 40)]
    assert len(holes_of(mask_of(far))) == 2


def test_an_inpainter_that_takes_larger_squares_sees_a_large_hole_at_full_size():
    mask = mask_of([(1000, 1000, 800, 600)])
    (hole,) = holes_of(mask, native=2048)
    assert hole.scale == 1
    (small,) = holes_of(mask, native=1024)
    assert hole.window[2] - hole.window[0] > small.window[2] - small.window[0] == 1024


def test_a_large_hole_is_seen_smaller():
    (hole,) = holes_of(mask_of([(1000, 1000, 800, 600)]))
    assert hole.scale > 2
    assert hole.window[2] - hole.window[0] == hole.scale * NATIVE


def test_a_wire_is_filled_at_full_resolution():
    mask = np.zeros(SIZE, np.uint8)
    cv2.line(mask, (100, 2800), (3900, 2500), 255, 12)
    holes = holes_of(mask)
    assert len(holes) > 10
    assert all(hole.scale == 1 for hole in holes)


def test_a_photo_smaller_than_a_window_is_looked_at_whole():
    (hole,) = holes_of(mask_of([(10, 10, 20, 20)], (60, 90)))
    assert hole.window == (0, 0, 90, 60)
