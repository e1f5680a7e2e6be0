"""Photos side by side: their holes are filled in one call, and none hears of another's trouble."""

from contextlib import contextmanager

import numpy as np
import pytest

from models.erase.filling import SideBySide, Squares, alone
from models.errors import DeviceLostError, PhotoError


class Inpainter:
    """Adds one to every crop; counts its calls."""

    name, smooth = "counting", False

    def __init__(self, most=99, lost=False):
        self.calls, self._most, self._lost = [], most, lost

    def fill(self, crops, masks):
        self.calls.append(len(crops))
        if self._lost:
            raise DeviceLostError("gone")
        if len(crops) > self._most or any(crop.max() > 200 for crop in crops):
            raise PhotoError("out_of_memory", "Too much.", retryable=True)
        return [crop + 1 for crop in crops]


def crop(value):
    return np.full((2, 2, 3), value, np.uint8)


def photo(inpainter, *rounds):
    """A photo that wants the given crops filled, round by round, and is made of what came."""
    made = []
    for values in rounds:
        crops = [crop(value) for value in values]
        filled = yield Squares(inpainter, crops, [each[..., 0] for each in crops])
        made += [int(each[0, 0, 0]) for each in filled]
    return made


def damaged():
    yield from ()
    raise PhotoError("corrupt", "This photo is damaged.")


class Guard:
    def __init__(self):
        self.steps, self.inside = [], False

    @contextmanager
    def __call__(self, places):
        assert not self.inside
        self.inside = True
        self.steps.append(list(places))
        try:
            yield
        finally:
            self.inside = False


def test_one_photo_by_itself_gets_what_it_asked_for():
    inpainter = Inpainter()
    assert alone(photo(inpainter, [1, 2], [3])) == [2, 3, 4]
    assert inpainter.calls == [2, 1]


def test_holes_of_several_photos_are_filled_in_one_call():
    inpainter, guard = Inpainter(), Guard()
    works = [photo(inpainter, [1, 2], [3]), photo(inpainter, [10]), photo(inpainter), photo(inpainter, [20], [21, 22])]
    assert SideBySide(works, guard).run() == [[2, 3, 4], [11], [], [21, 22, 23]]
    assert inpainter.calls == [4, 3]
    assert guard.steps[:5] == [[0], [1], [2], [3], [0, 1, 3]], "each step says whose it is"


def test_photos_of_two_inpainters_do_not_mix():
    one, other = Inpainter(), Inpainter()
    assert SideBySide([photo(one, [1]), photo(other, [2]), photo(one, [3])], Guard()).run() == [[2], [3], [4]]
    assert (one.calls, other.calls) == ([2], [1])


def test_a_photo_that_fails_disturbs_no_other():
    inpainter = Inpainter()
    before, bad, after = SideBySide([photo(inpainter, [1]), damaged(), photo(inpainter, [2])], Guard()).run()
    assert (before, after) == ([2], [3])
    assert bad.code == "corrupt"


def test_where_filling_fails_for_all_each_is_tried_by_itself():
    inpainter = Inpainter()
    first, large, last = SideBySide(
        [photo(inpainter, [1]), photo(inpainter, [250]), photo(inpainter, [2])], Guard()
    ).run()
    assert (first, last) == ([2], [3])
    assert large.code == "out_of_memory"
    assert inpainter.calls == [3, 1, 1, 1]


def test_a_lost_device_ends_everything():
    with pytest.raises(DeviceLostError):
        SideBySide([photo(Inpainter(lost=True), [1]), photo(Inpainter(), [2])], Guard()).run()
