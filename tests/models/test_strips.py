import numpy as np
import pytest
import torch

from models.colour.grade import Grade
from models.colour.lookup import apply_table
from models.colour.table import ENTRIES, TableSpec
from models.picture import Picture, Source
from models.strips import run
from models.texture import Grain, Vignette

CPU = torch.device("cpu")


class Lookup:
    def __init__(self, depth):
        self.depth = depth
        self.spec = TableSpec(Grade(contrast=0.3, saturation=0.2), None, depth)

    def analyse(self, picture):
        table = np.zeros(ENTRIES, np.int32)
        used = np.unique(picture.pixels.view(np.int32)[..., 0] & (ENTRIES - 1))
        table[used] = self.spec.of(used)
        return torch.from_numpy(table)

    def apply(self, strip, state):
        apply_table(strip, state, self.depth)


def picture(height, width):
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return Picture(pixels, Source("png", width, height), has_alpha=True)


def after(ops, before, rows, seed=7):
    pixels = before.pixels.copy()
    steps = [(op, op.analyse(before)) for op in ops]
    run(torch.from_numpy(pixels.view(np.int32)[..., 0]), steps, seed, rows)
    return pixels


ALL = [Lookup(10), Vignette(0.6, CPU), Grain(0.5, CPU)]
SOME = {
    "colour": [Lookup(8)],
    "deep colour": [Lookup(10)],
    "vignette": ALL[1:2],
    "grain": ALL[2:],
    "all": ALL,
}


@pytest.mark.parametrize("ops", SOME.values(), ids=SOME.keys())
@pytest.mark.parametrize("size", [(131, 97), (67, 2049), (1, 1), (2101, 3)], ids=str)
def test_strips_of_any_height_give_the_same_bytes(ops, size):
    before = picture(*size)
    whole = after(ops, before, size[0])
    for rows in (1, 16, 64, None):
        assert (after(ops, before, rows) == whole).all()


@pytest.mark.parametrize("ops", SOME.values(), ids=SOME.keys())
def test_alpha_stays(ops):
    before = picture(131, 97)
    result = after(ops, before, 16)
    assert (result[..., 3] == before.pixels[..., 3]).all()
    assert (result[..., :3] != before.pixels[..., :3]).any()


def test_depth_without_a_change_changes_nothing():
    before = picture(131, 97)
    neutral = Vignette(0, CPU)
    assert (after([neutral], before, None) == before.pixels).all()


def test_rounding_is_unbiased_and_within_one_code():
    before = picture(400, 500)
    deep, plain = (after([Lookup(depth)], before, None).astype(int)[..., :3] for depth in (10, 8))
    assert np.abs(deep - plain).max() <= 1
    assert abs((deep - plain).mean()) < 0.01
