import numpy as np
import pytest

from models.colour.grade import Grade, GradeFunction
from models.colour.lut import Lut
from models.colour.lut_file import read_lut
from models.colour.table import TableSpec
from tests.models.colour.luts import (
    SWEEP,
    UNIT,
    WIDE,
    by_opencolorio,
    cube,
    cube_1d,
    cube_3d,
    grid,
    hald,
    look,
    of_cube,
    of_cube_file,
)


def seen(lut, codes=SWEEP, **others):
    function = GradeFunction(Grade(lut=lut, **others), None)
    return np.rint(np.clip(np.stack(function(*codes.T), axis=-1), 0, 1) * 255).astype(int)


def agree(ours, theirs):
    off = np.abs(ours - theirs)
    return off.max() <= 1 and (off == 0).mean() >= 0.999


@pytest.mark.parametrize(
    ("size", "domain"),
    [(2, UNIT), (3, WIDE), (17, UNIT), (33, WIDE), (64, UNIT), pytest.param(129, UNIT, marks=pytest.mark.slow)],
)
def test_cubes_agree_with_opencolorio(tmp_path, size, domain):
    data = cube_3d(size, domain)
    assert agree(seen(read_lut(data)), by_opencolorio(of_cube_file(tmp_path / "look.cube", data)))


@pytest.mark.parametrize("domain", [UNIT, WIDE], ids=["unit", "wide"])
@pytest.mark.parametrize("size", [2, 16, 1024, 65536])
def test_curves_agree_with_opencolorio(tmp_path, size, domain):
    data = cube_1d(size, domain)
    assert agree(seen(read_lut(data)), by_opencolorio(of_cube_file(tmp_path / "look.cube", data)))


def test_a_rough_cube_that_leaves_0_to_1_agrees_with_opencolorio(tmp_path):
    rows = look(grid(32)) + np.random.default_rng(0).normal(0, 0.2, (32**3, 3))
    data = cube("3D", rows, newline="\r\n")
    assert agree(seen(read_lut(data)), by_opencolorio(of_cube_file(tmp_path / "look.cube", data)))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("level", [2, 3, 5, 8])
def test_hald_pictures_agree_with_opencolorio(level, bits):
    most = 2**bits - 1
    theirs = by_opencolorio(of_cube(np.rint(look(grid(level**2)) * most) / most))
    assert agree(seen(read_lut(hald(level, bits))), theirs)


@pytest.mark.parametrize("data", [cube_3d(5), cube_1d(300), hald(4)], ids=["3d", "1d", "hald"])
def test_strength_is_the_way_from_the_photo_to_the_lut(data):
    lut = read_lut(data)
    assert (seen(lut, strength=0.0) == SWEEP).all()
    half = (SWEEP + seen(lut)) / 2
    assert np.abs(seen(lut, strength=0.5) - half).max() <= 1


def test_a_lut_to_grey_leaves_no_colour():
    grey = grid(9).mean(axis=1, keepdims=True).repeat(3, axis=1)
    assert np.ptp(seen(read_lut(cube("3D", grey))), axis=1).max() == 0


def test_greys_stay_grey_where_the_luts_own_do():
    rows = grid(17)
    rows[np.ptp(rows, axis=1) > 0] = look(rows[np.ptp(rows, axis=1) > 0])
    greys = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
    assert (seen(read_lut(cube("3D", rows)), greys) == greys).all()


def test_curves_of_a_lut_need_no_table_and_a_cube_does():
    curves, whole = TableSpec(Grade(lut=read_lut(cube_1d(64))), None, 8), Grade(lut=read_lut(cube_3d(4)))
    assert curves.separable
    assert not TableSpec(whole, None, 8).separable
    entries = curves.curves().entries
    colours = np.random.default_rng(0).integers(0, 1 << 24, 20_000).astype(np.int32)
    assert (entries[0][colours & 255] | entries[1][colours >> 8 & 255] | entries[2][colours >> 16] == curves.of(colours)).all()  # fmt: skip  # noqa: E501


def test_luts_are_equal_when_they_mean_the_same():
    lut = read_lut(cube_3d(4))
    assert lut == read_lut(cube_3d(4, newline="\r\n").replace(b"A look", b"Another name"))
    others = [cube_3d(4, WIDE), cube_3d(5), cube_1d(4), hald(2)]
    assert len({lut, *map(read_lut, others)}) == 5
    names = {TableSpec(Grade(lut=other), None, 8).name for other in (lut, *map(read_lut, others))}
    assert len(names) == 5


def test_a_luts_table_stays_as_it_was_read():
    table = np.zeros((2, 3), np.float32)
    lut = Lut(table)
    with pytest.raises(ValueError, match="read-only"):
        lut.table[0, 0] = 1
