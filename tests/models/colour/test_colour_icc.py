import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from models.colour.curves import srgb_encode
from models.colour.icc import parse
from tests.models.colour.matrix_profile import DISPLAY_P3, SRGB, SRGB_CURVE, curv, para, profile

P3 = profile(DISPLAY_P3, para(*SRGB_CURVE))
CURVES = [
    curv(),
    curv(round(2.2 * 256)),
    curv(*(round(65535 * (i / 255) ** 1.8) for i in range(256))),
    para(0, (2.2,)),
    para(1, (2.0, 1.0, 0.0)),
    para(2, (2.0, 0.92, 0.08, 0.0)),
    para(*SRGB_CURVE),
    para(4, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0)),
]


def to_srgb_by_littlecms(icc, colours):
    picture = Image.fromarray(colours[None])
    done = ImageCms.profileToProfile(
        picture,
        ImageCms.ImageCmsProfile(io.BytesIO(icc)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    return np.asarray(done)[0].astype(int)


@pytest.mark.parametrize("curve", CURVES, ids=range(len(CURVES)))
def test_colours_mean_what_littlecms_says(curve):
    icc = profile(DISPLAY_P3, curve)
    colours = np.random.default_rng(0).integers(0, 256, (2000, 3), dtype=np.uint8)
    space = parse(icc)
    linear = np.stack([space.decode(c)[colours[:, c]] for c in range(3)]) if space else None
    ours = np.rint(np.clip(srgb_encode(space.to_srgb @ linear), 0, 1) * 255).T
    # LittleCMS works on 8-bit pictures in 16-bit fixed point: deep shadows differ by a code or two.
    assert np.abs(ours - to_srgb_by_littlecms(icc, colours)).max() <= 2
    assert np.abs(ours - to_srgb_by_littlecms(icc, colours)).mean() < 0.1


def test_srgb_is_known_however_it_is_written():
    pillows = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sampled = curv(*(round(65535 * ((i / 1023 + 0.055) / 1.055) ** 2.4 if i > 41 else 65535 * i / 1023 / 12.92) for i in range(1024)))  # fmt: skip  # noqa: E501
    for icc in (pillows, profile(SRGB, para(*SRGB_CURVE)), profile(SRGB, sampled)):
        assert parse(icc).is_srgb
    assert not parse(P3).is_srgb
    assert not parse(profile(SRGB, curv(round(2.2 * 256)))).is_srgb


def test_encode_undoes_decode():
    for curve in CURVES:
        space = parse(profile(DISPLAY_P3, curve))
        codes = space.encode(0)(space.decode(0)) * 255
        assert codes == pytest.approx(np.arange(256), abs=0.01)


def test_grey_is_grey():
    assert parse(P3).to_srgb.sum(axis=1) == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(
    "icc",
    [
        b"",
        b"not a profile at all",
        P3[:200],
        P3.replace(b"RGB ", b"GRAY"),
        P3.replace(b"XYZ ", b"Lab ", 1),
        P3.replace(b"rTRC", b"kTRC"),
        profile(DISPLAY_P3, para(*SRGB_CURVE), {b"A2B0": b"mft2"}),
        profile(np.ones((3, 3)) * [[0.3214], [0.3333], [0.275]], curv()),  # no volume
        profile(DISPLAY_P3 * 0.5, curv()),  # white is grey
        profile(DISPLAY_P3, curv(0, 40000, 20000, 65535)),  # falls
        profile(DISPLAY_P3, curv(65535, 0)),
        profile(DISPLAY_P3, struct.pack(">4s4xI", b"curv", 2**31)),
        profile(DISPLAY_P3, para(1, (2.0, 0.0, 0.0))),
        profile(DISPLAY_P3, struct.pack(">4s4xHxxi", b"para", 9, 65536)),
    ],
)
def test_what_is_no_matrix_profile_is_refused(icc):
    assert parse(icc) is None


@given(st.integers(0, len(P3) - 1), st.binary(min_size=1, max_size=12))
def test_damage_never_raises(at, junk):
    parse(P3[:at] + junk + P3[at + len(junk) :])
