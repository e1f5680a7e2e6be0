"""What the library makes of pixels and what torch makes of them, in strips of any height, is the same to the bit."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.colour.grade import Grade
from models.colour.icc import parse
from models.colour.icc_writer import DISPLAY_P3, rgb_profile, srgb_curve
from models.colour.table import ENTRIES, Table, TableSpec
from models.compiled.applier import CompiledApplier
from models.compiled.check import EXPECTED, digest
from models.eager.applier import EagerApplier
from models.faces.patch import Patch
from models.finish import Finish
from models.picture import Picture, Source
from models.reduce import reduce_cells
from models.texture import Grain, Vignette

GRADE = Grade(contrast=0.3, saturation=0.2)
WARM = Grade(temperature=0.55)
P3 = parse(rgb_profile(DISPLAY_P3, srgb_curve()))
SIZES = [(131, 97), (67, 2049), (1, 1), (1, 1031), (2101, 3), (200, 127)]
STRIPS = (1, 16, 64, None)
FINISHES = {
    "colour": {"depth": 8},
    "deep colour": {"depth": 10},
    "colour of Display P3": {"depth": 10, "profile": P3},
    "curves": {"depth": 8, "curves": True},
    "curves and vignette": {"depth": 10, "curves": True, "vignette": 0.3},
    "curves, all": {"depth": 10, "curves": True, "profile": P3, "vignette": 0.6, "grain": 0.5},
    "vignette": {"vignette": 0.6},
    "grain": {"grain": 0.5},
    "vignette and grain": {"vignette": 1.0, "grain": 1.0},
    "colour and vignette": {"depth": 10, "vignette": 0.3},
    "colour and grain": {"depth": 10, "grain": 0.3},
    "all": {"depth": 10, "vignette": 0.6, "grain": 0.5},
    "all, rounded in between": {"depth": 8, "vignette": 0.6, "grain": 0.5},
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Skip on a laptop without a compiler; CI fails."""
    if shutil.which("cc") is None and os.environ.get("CI") != "true":
        pytest.skip("needs a C compiler")
    return CompiledApplier(tmp_path_factory.mktemp("library"))


def picture(height, width, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return Picture(pixels, Source("png", width, height), has_alpha=True)


def finish_of(photo, depth=None, *, profile=None, vignette=0.0, grain=0.0, curves=False):
    table = None
    if curves:
        table = TableSpec(WARM, profile, depth).curves()
    elif depth:
        spec = TableSpec(GRADE, profile, depth)
        entries = np.zeros(ENTRIES, np.int32)
        used = np.unique(photo.pixels.view(np.int32)[..., 0] & (ENTRIES - 1))
        entries[used] = spec.of(used)
        table = Table(entries, depth)
    return Finish(
        table,
        Vignette(vignette).analyse(*photo.pixels.shape[:2]) if vignette else None,
        Grain(grain).analyse(*photo.pixels.shape[:2]) if grain else None,
    )


def finished(applier, photo, finish, seed=7):
    pixels = photo.pixels.copy()
    applier.finish(pixels, finish, seed)
    return pixels


def patch(seed, size, step, height, width):
    """Random coefficients with idle ones among them, somewhere in a picture; the last cells may hang over its edge."""
    chance = np.random.default_rng(seed)
    x0, y0 = (int(chance.integers(0, max(1, extent // step))) * step for extent in (width, height))
    size = min(size[0], -(-(height - y0) // step)), min(size[1], -(-(width - x0) // step))
    planes = chance.uniform(-1, 1, (4, *size)).astype(np.float32) * np.float32((1, 60, 60, 60))[:, None, None]
    planes[:, chance.random(size) < chance.random()] = 0
    end = min(width, x0 + size[1] * step), min(height, y0 + size[0] * step)
    return Patch.of(planes, np.abs(planes[0]), step, (x0, y0), end)


def laid(applier, photo, patches, seed=3):
    pixels = photo.pixels.copy()
    applier.lay(pixels, patches, seed)
    return pixels


@pytest.mark.parametrize("steps", FINISHES.values(), ids=FINISHES.keys())
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_pixel(compiled, steps, size):
    photo = picture(*size)
    finish = finish_of(photo, **steps)
    result = finished(compiled, photo, finish)
    for rows in (*STRIPS, size[0]):
        assert (finished(EagerApplier("cpu", rows), photo, finish) == result).all(), rows
    assert (result[..., 3] == photo.pixels[..., 3]).all()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(1, 300),
    width=st.integers(1, 1300),
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 300),
    vignette=st.sampled_from((0.0, 0.2, 1.0)),
    grain=st.sampled_from((0.0, 0.2, 1.0)),
)
def test_any_size_and_seed(compiled, *, height, width, seed, rows, vignette, grain):
    photo = picture(height, width, seed)
    finish = finish_of(photo, vignette=vignette, grain=grain)
    eager = finished(EagerApplier("cpu", rows), photo, finish, seed)
    assert (finished(compiled, photo, finish, seed) == eager).all()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    step=st.sampled_from((1, 2, 4, 8, 16, 64)),
    size=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 300),
)
def test_any_patch(compiled, *, cells, step, size, seed, rows):
    photo = picture(*size, seed)
    patches = [patch(seed + more, cells, step, *size) for more in range(2)]
    patches = [one for one in patches if one is not None]
    result = laid(compiled, photo, patches, seed)
    assert (laid(EagerApplier("cpu", rows), photo, patches, seed) == result).all()
    assert (result[..., 3] == photo.pixels[..., 3]).all()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.tuples(st.integers(1, 200), st.integers(1, 1300)),
    step=st.sampled_from((1, 2, 4, 8, 16, 32)),
    seed=st.integers(0, 2**32 - 1),
    dark=st.booleans(),
)
def test_any_cells(compiled, *, size, step, seed, dark):
    pixels = picture(*size, seed).pixels
    if dark:
        pixels &= 3  # ties are frequent
    part = pixels[size[0] // 3 :, size[1] // 3 :]
    for some in (pixels, part):
        assert (compiled.reduce(some, step) == reduce_cells(some, step)).all()
    assert (compiled.reduce(np.full_like(pixels, 255), step) == 255).all()


def test_the_library_is_checked_by_what_torch_makes_of_a_picture():
    for rows in STRIPS:
        eager = EagerApplier("cpu", rows)
        assert digest(eager.lay, eager.finish) == EXPECTED


def test_depth_without_a_change_changes_nothing(compiled):
    photo = picture(131, 97)
    for applier in (compiled, EagerApplier("cpu")):
        assert (finished(applier, photo, finish_of(photo, vignette=1e-9)) == photo.pixels).all()
        assert (finished(applier, photo, Finish()) == photo.pixels).all()


def test_rounding_is_unbiased_and_within_one_code(compiled):
    photo = picture(400, 500)
    deep, plain = (finished(compiled, photo, finish_of(photo, depth)).astype(int)[..., :3] for depth in (10, 8))
    assert np.abs(deep - plain).max() <= 1
    assert abs((deep - plain).mean()) < 0.01


def test_a_seed_decides_grain_and_nothing_else_of_the_finish(compiled):
    photo = picture(300, 200)
    finish = finish_of(photo, depth=10, vignette=0.5, grain=0.5)
    assert (finished(compiled, photo, finish, 1) != finished(compiled, photo, finish, 2)).any()
    plain = replace(finish, grain=None)
    assert (finished(compiled, photo, plain, 1) == finished(compiled, photo, plain, 2)).all()
