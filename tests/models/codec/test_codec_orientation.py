import weakref

import numpy as np
import pytest

from models.codec.orientation import upright
from models.codec.workspace import Workspace

TURNS = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("size", [(1, 1), (3, 700), (700, 3), (513, 257), (256, 512)], ids=str)
def test_every_orientation_of_any_size(orientation, size):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 4), dtype=np.uint8)
    assert (upright(pixels, orientation, Workspace()) == TURNS[orientation](pixels)).all()


def test_a_turned_picture_takes_the_place_of_the_first():
    workspace = Workspace()
    before = weakref.ref(workspace.take(30, 20).base)
    turned = upright(workspace.take(30, 20), 6, workspace)
    assert before() is None
    assert turned.base.size == turned.nbytes
    assert np.shares_memory(turned, workspace.take(20, 30))
