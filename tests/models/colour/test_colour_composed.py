"""Tables against the composed float function: the same steps with every function as it is, none sampled."""

import numpy as np
import pytest

from models.colour.grade import Grade, GradeFunction
from models.colour.icc import parse
from models.colour.lut_file import read_lut
from models.colour.table import ENTRIES, TableSpec
from tests.models.colour.luts import cube_1d, cube_3d
from tests.models.colour.matrix_profile import DISPLAY_P3, SRGB_CURVE, para, profile

P3 = parse(profile(DISPLAY_P3, para(*SRGB_CURVE)))
CUBE, CURVES = read_lut(cube_3d(17)), read_lut(cube_1d(256))
BANDS = (("red", 0.0, 0.0, 0.4), ("orange", 0.3, -0.2, 0.2), ("green", -0.6, 0.5, -0.3), ("blue", 1.0, 0.8, -1.0))
BEFORE = {"temperature": 0.2, "exposure": 0.4, "contrast": 0.3}
AFTER = {"curves": {"rgb": ((0.0, 0.05), (0.4, 0.5), (1.0, 1.0)), "b": ((0.0, 0.1), (1.0, 0.9))}, "fade": 0.3}
GRADES = {
    "highlights": Grade(highlights=-0.8),
    "shadows": Grade(shadows=0.9),
    "hue": Grade(hsl=(("orange", 0.5, 0.0, 0.0), ("blue", -1.0, 0.0, 0.0))),
    "saturation": Grade(hsl=(("yellow", 0.0, 0.7, 0.0), ("aqua", 0.0, -1.0, 0.0))),
    "luminance": Grade(hsl=(("magenta", 0.0, 0.0, -1.0), ("green", 0.0, 0.0, 1.0))),
    "cube": Grade(lut=CUBE),
    "curves": Grade(lut=CURVES, strength=0.6),
    "mixed curves": Grade(lut=CURVES, saturation=0.3, **AFTER),
    "all": Grade(
        highlights=-0.5, shadows=0.6, saturation=0.2, vibrance=0.3, hsl=BANDS, lut=CUBE, strength=0.8, **BEFORE, **AFTER
    ),
}


@pytest.fixture
def composed(monkeypatch):
    """Makes the function of a grade from functions that are not sampled."""

    def function(grade, space):
        for module in ("grade", "hue", "hsl"):
            monkeypatch.setattr(f"models.colour.{module}.Sampled", lambda exact, reach, root: exact)
        monkeypatch.setattr("models.colour.oklab._CUBE_ROOT", np.cbrt)
        return GradeFunction(grade, space)

    return function


@pytest.mark.parametrize("space", [None, P3], ids=["srgb", "p3"])
@pytest.mark.parametrize("name", GRADES)
def test_a_table_is_never_more_than_a_code_from_the_composed_function(composed, name, space):
    colours = np.random.default_rng(0).integers(0, ENTRIES, 100_000).astype(np.int32)
    codes = [(colours >> shift & 255).astype(np.uint8) for shift in (0, 8, 16)]
    table = TableSpec(GRADES[name], space, 8).of(colours)
    ours = np.stack([table >> shift & 255 for shift in (0, 8, 16)])
    exact = np.rint(np.clip(np.stack(composed(GRADES[name], space)(*codes)), 0, 1) * 255)
    off = np.abs(ours - exact)
    assert off.max() <= 1
    assert (off > 0).mean() < 1e-3


@pytest.mark.parametrize("space", [None, P3], ids=["srgb", "p3"])
@pytest.mark.parametrize("name", ["hue", "curves", "mixed curves", "all"])
def test_a_slab_and_single_colours_agree_to_the_bit(name, space):
    spec = TableSpec(GRADES[name], space, 10)
    slab = np.empty(65536, np.int32)
    spec.slab(77, slab)
    some = np.random.default_rng(1).permutation(65536)[:20_001].astype(np.int32)
    assert (spec.of(some | 77 << 16) == slab[some]).all()
    assert (spec.of(some[:7] | 77 << 16) == slab[some[:7]]).all()


@pytest.mark.parametrize("space", [None, P3], ids=["srgb", "p3"])
@pytest.mark.parametrize("grade", [Grade(shadows=1), Grade(highlights=-1), Grade(hsl=BANDS)], ids=["s", "h", "hsl"])
def test_ramps_to_the_most_vivid_colours_never_jump(grade, space):
    for vivid in ([255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [255, 0, 255], [0, 255, 255]):
        ramp = np.rint(128 + np.linspace(0, 1, 128)[:, None] * (np.array(vivid) - 128)).astype(np.uint8)
        after = np.clip(np.stack(GradeFunction(grade, space)(*ramp.T)), 0, 1) * 255
        assert np.abs(np.diff(after, axis=1)).max() < 10  # where a channel of P3 goes through 0 sRGB's curve is steep
