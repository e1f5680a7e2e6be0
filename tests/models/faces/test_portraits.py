"""What `benchmarks.portraits` measures, on portraits made of the one free face, within the limits for people."""

from functools import cache

import cv2
import numpy as np
import pytest
from skimage import color, data

from benchmarks.photos.face_regions import CHEEKS, Region, measured, turn
from models.faces.mesh import points_of
from tests.models.faces.portraits import CHEEKS as BOTH_CHEEKS
from tests.models.faces.portraits import EYES, TONES, rgba, scaled, toned, with_neck
from tests.models.faces.retouching import detector, retouched
from tests.models.faces.test_beauty import PRESETS

FACTOR = 3
CHEEK = BOTH_CHEEKS[1]
BARE = [(212, 184, 236, 198), (205, 204, 243, 216)]  # on the astronaut with a neck
HEAVY = dict(zip(("smoothing", "whitening", "sharpening"), PRESETS["heavy"], strict=True))


def large(rgb: np.ndarray) -> np.ndarray:
    return scaled(rgb, FACTOR)


def linear(rgb: np.ndarray, gains: tuple[float, float, float]) -> np.ndarray:
    """The picture in other light, which falls on the sensor."""
    light = (rgb.astype(np.float32) / 255) ** 2.2 * np.asarray(gains, np.float32)
    return np.asarray(np.round(255 * np.clip(light, 0, 1) ** (1 / 2.2)), np.uint8)


def tilted(degrees: float) -> np.ndarray:
    turned = cv2.getRotationMatrix2D((224 * FACTOR, 120 * FACTOR), degrees, 1.0)
    return np.asarray(
        cv2.warpAffine(large(data.astronaut()), turned, (512 * FACTOR,) * 2, borderMode=cv2.BORDER_REFLECT), np.uint8
    )


PORTRAITS = {
    "as she is": lambda: large(data.astronaut()),
    "mirrored": lambda: large(np.ascontiguousarray(data.astronaut()[:, ::-1])),
    "tilted left": lambda: tilted(30),
    "tilted right": lambda: tilted(-30),
    "half a stop less": lambda: large(linear(data.astronaut(), (0.7, 0.7, 0.7))),
    "a stop more": lambda: large(linear(data.astronaut(), (2, 2, 2))),
    "red light": lambda: large(linear(data.astronaut(), (1.1, 0.7, 0.6))),
    "blue light": lambda: large(linear(data.astronaut(), (0.6, 0.75, 1.1))),
} | {tone: lambda tone=tone: large(toned(tone)) for tone in TONES}


@cache
def regions(name: str, preset: str = "heavy") -> dict[str, Region]:
    before = PORTRAITS[name]()
    sliders = dict(zip(HEAVY, PRESETS[preset], strict=True))
    after = retouched(before, **sliders)
    pixels = rgba(before)
    calm = np.asarray(cv2.GaussianBlur(before, (0, 0), 1.0), np.uint8)
    points, certain = points_of(detector().mesh, calm, detector().detect(pixels)[0])
    assert certain > 0.5
    return measured(pixels, rgba(after), points)


@pytest.mark.parametrize(("preset", "least", "most"), [("light", 22, 40), ("medium", 40, 70), ("heavy", 58, 88)])
@pytest.mark.parametrize("name", ["as she is", "brown", "dark", "pale"])
def test_every_tone_loses_the_same_texture(name: str, preset: str, least: float, most: float) -> None:
    for cheek in CHEEKS:
        assert least <= regions(name, preset)[cheek].cut <= most


@pytest.mark.parametrize("name", PORTRAITS)
def test_both_halves_of_a_face_get_the_same(name: str) -> None:
    left, right = (regions(name)[cheek] for cheek in CHEEKS)
    assert abs(left.cut - right.cut) <= 20
    assert abs(left.lift - right.lift) <= 1.8


@pytest.mark.parametrize("name", PORTRAITS)
def test_brows_eyes_and_lips_stay_crisp(name: str) -> None:
    for part, least in (("brow", 0.90), ("eye", 0.95), ("lips", 0.95)):
        assert min(region.sharpness for key, region in regions(name).items() if part in key) >= least


@pytest.mark.parametrize("name", PORTRAITS)
def test_skin_keeps_its_hue_and_gets_no_darker(name: str) -> None:
    for cheek in CHEEKS:
        assert turn(regions(name)[cheek]) <= (3 if "light" in name else 2)
        assert regions(name)[cheek].lift >= (-0.2 if name == "a stop more" else 0)  # there, half of the skin is white


def test_a_picture_a_stop_too_bright_is_smoothed_all_the_same() -> None:
    bright, usual = (np.mean([regions(name)[cheek].cut for cheek in CHEEKS]) for name in ("a stop more", "as she is"))
    assert bright >= usual - 15


def test_whitening_moves_every_tone_by_as_much() -> None:
    moved = {
        name: np.mean([np.hypot.reduce(region.lab[1] - region.lab[0]) for region in map(regions(name).get, CHEEKS)])
        for name in ("tan", "brown", "dark")
    }
    assert max(moved.values()) - min(moved.values()) <= 1.0, moved


@pytest.mark.parametrize("name", ["as she is", "mirrored", "half a stop less", "blue light", "tan", "brown", "dark"])
def test_ears_follow_the_cheeks(name: str) -> None:
    found = regions(name)
    cheek = np.mean([found[name].lift for name in CHEEKS])
    assert [name for name in found if name.startswith("ear")] != []
    assert all(abs(region.lift - cheek) <= 1.5 for name, region in found.items() if name.startswith("ear"))


@pytest.mark.parametrize("light", [(0.6, 0.6, 0.6), (0.30, 0.26, 0.22)], ids=["light skin", "dark skin"])
def test_a_neck_is_lightened_at_every_size_of_the_photo(light: tuple[float, float, float]) -> None:
    portrait = linear(with_neck(), light)
    shares = []
    for factor in (0.6, 0.75, 1, 1.4, 2, 2.8, 4):
        before = scaled(portrait, factor, noise=1)
        after = retouched(before, **HEAVY)
        gains = [np.mean([gain(before, after, box, factor) for box in boxes]) for boxes in (BARE, BOTH_CHEEKS)]
        shares.append(gains[0] / gains[1])
    assert min(shares) > 0.7
    assert max(shares) < 1.4
    assert max(shares) - min(shares) < 0.3


def gain(before: np.ndarray, after: np.ndarray, box: tuple[int, int, int, int], factor: float) -> float:
    x0, y0, x1, y1 = (round(value * factor) for value in box)
    means = [color.rgb2lab(each[y0:y1, x0:x1])[:, :, 0].mean() for each in (before, after)]
    return float(means[1] - means[0])


@pytest.mark.parametrize("metal", [(112, 84, 66), (70, 60, 58)])
def test_thin_rims_of_glasses_stay(metal: tuple[int, int, int]) -> None:
    before = large(data.astronaut())
    line = np.zeros(before.shape[:2], np.uint8)
    for x, y in EYES:
        cv2.ellipse(line, (x * FACTOR, (y + 3) * FACTOR), (19 * FACTOR, 15 * FACTOR), 0, 20, 160, 1, 3)
    rim = line > 0
    before[rim] = metal
    after = retouched(before, **HEAVY)
    beside = cv2.dilate(line, np.ones((13, 13), np.uint8)).astype(bool) & ~cv2.dilate(line, np.ones((7, 7))).astype(
        bool
    )
    contrast = [abs(float(each[rim].mean()) - float(each[beside].mean())) for each in (before, after)]
    assert contrast[1] >= 0.9 * contrast[0]


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_a_grainy_photo_keeps_its_grain_on_the_face(factor: int) -> None:
    plain = scaled(data.astronaut(), factor, noise=0)
    noise = np.random.default_rng(3).normal(0, 9, plain.shape[:2])[:, :, None]
    grainy = np.asarray(np.clip(np.round(plain + noise), 0, 255), np.uint8)
    left = {
        name: grain(retouched(each, **HEAVY), factor) / grain(each, factor)
        for name, each in (("plain", plain), ("grainy", grainy))
    }
    assert 0.75 < left["grainy"] < 1.2
    assert left["plain"] < 0.75


def grain(rgb: np.ndarray, factor: int) -> float:
    x0, y0, x1, y1 = (value * factor for value in CHEEK)
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)[y0:y1, x0:x1]
    return float((luma - cv2.GaussianBlur(luma, (0, 0), 1.5)).std())
