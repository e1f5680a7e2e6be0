"""What a user would notice: calmer skin, crisp eyes and lips, and nothing else touched."""

from functools import cache

import cv2
import numpy as np
import pytest
from skimage import color, data

from models.eager.applier import EagerApplier
from models.faces.beauty import Beauty
from models.faces.detector import FaceDetector
from models.faces.patch import Patch
from models.picture import Pixels
from models.reduce import reduce_cells
from tests.models.pictures import picture_of

PRESETS = {"light": (0.3, 0.2, 0.15), "medium": (0.6, 0.35, 0.25), "heavy": (0.9, 0.5, 0.35)}
CHEEKS = [(188, 112, 202, 132), (240, 112, 256, 134)]  # x0, y0, x1, y1 on the astronaut
BROW = (216, 86, 230, 96)  # between the brows: her fringe covers the forehead
NOSE, CHIN = (216, 108, 230, 122), (208, 162, 240, 171)
FEATURES = [(186, 93, 212, 107), (232, 94, 259, 109), (199, 137, 247, 157)]
Box = tuple[int, int, int, int]


@cache
def detector() -> FaceDetector:
    return FaceDetector()


def rgba(rgb: np.ndarray) -> Pixels:
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


@cache
def astronaut(scale: int = 1) -> Pixels:
    """At 1 as it is; larger, with the noise of a sensor."""
    rgb = data.astronaut()
    if scale > 1:
        size = (512 * scale, 512 * scale)
        large = cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC).astype(np.float32)
        large += np.random.default_rng(0).normal(0, 3, large.shape).astype(np.float32)
        rgb = np.clip(np.round(large), 0, 255).astype(np.uint8)
    return rgba(rgb)


def beauty(*sliders: float) -> Beauty:
    return Beauty(*sliders, detector())


def retouched(pixels: Pixels, patches: tuple[Patch, ...], rows: int | None = None, seed: int = 7) -> Pixels:
    result = pixels.copy()
    EagerApplier("cpu", rows).lay(result, patches, seed)
    return result


def changed(pixels: Pixels, sliders: tuple[float, float, float]) -> Pixels:
    patches = beauty(*sliders).analyse(picture_of(pixels))
    assert patches is not None
    return retouched(pixels, patches)


def touched(patches: tuple[Patch, ...], height: int, width: int) -> np.ndarray:
    """Where a mask is above 0 in one of the cells around, bool (H, W)."""
    area = np.zeros((height, width), bool)
    for patch in patches:
        cells = cv2.dilate((patch.mask > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
        large = np.kron(cells, np.ones((patch.step, patch.step), np.uint8)).astype(bool)
        place = area[patch.y0 : patch.y1, patch.x0 : patch.x1]
        place |= large[: place.shape[0], : place.shape[1]]
    return area


def luma(pixels: np.ndarray) -> np.ndarray:
    return pixels[:, :, :3].astype(np.float32) @ np.asarray((0.299, 0.587, 0.114), np.float32)


def cut(picture: np.ndarray, box: Box, scale: int) -> np.ndarray:
    x0, y0, x1, y1 = (value * scale for value in box)
    return picture[y0:y1, x0:x1]


def texture(pixels: Pixels, box: Box, scale: int) -> float:
    x0, y0, x1, y1 = box
    margin = 10  # four σ of the blur
    plane = luma(cut(pixels, (x0 - margin, y0 - margin, x1 + margin, y1 + margin), scale))
    fine = plane - cv2.GaussianBlur(plane, (0, 0), 2.5 * scale)
    return float(cut(fine, (margin, margin, margin + x1 - x0, margin + y1 - y0), scale).var())


def crispness(pixels: Pixels, box: Box, scale: int) -> float:
    along, across = np.gradient(luma(cut(pixels, box, scale)))
    return float((along**2 + across**2).sum())


def lab(pixels: Pixels, box: Box) -> np.ndarray:
    return np.asarray(color.rgb2lab(cut(pixels, box, 1)[:, :, :3]).reshape(-1, 3).mean(axis=0))


@pytest.mark.parametrize("scale", [1, 8])
@pytest.mark.parametrize(("preset", "least", "most"), [("light", 25, 40), ("medium", 45, 70), ("heavy", 65, 86)])
def test_skin_is_calmer_and_features_stay_crisp(scale: int, preset: str, least: float, most: float) -> None:
    before = astronaut(scale)
    after = changed(before, PRESETS[preset])
    for box in (*CHEEKS, BROW, NOSE, CHIN):
        fall = 100 * (1 - texture(after, box, scale) / texture(before, box, scale))
        assert least <= fall <= most, (box, fall)
    for box in FEATURES:
        assert crispness(after, box, scale) >= 0.9 * crispness(before, box, scale)
    assert (after[:, :, 3] == 255).all()


@pytest.mark.parametrize(("preset", "least", "most"), [("light", 1, 2), ("medium", 2, 4), ("heavy", 3, 6)])
def test_cheeks_are_lighter_and_keep_their_hue(preset: str, least: float, most: float) -> None:
    after = changed(astronaut(), PRESETS[preset])
    gains = []
    for box in CHEEKS:
        was, now = lab(astronaut(), box), lab(after, box)
        gains.append(now[0] - was[0])
        turn = np.degrees(np.arctan2(now[2], now[1]) - np.arctan2(was[2], was[1]))
        assert abs(turn) <= 3
        assert np.hypot(*now[1:]) > 0.95 * np.hypot(*was[1:])  # not greyed
    assert least <= np.mean(gains) <= most


def test_lightening_blows_nothing_out() -> None:
    before, after = astronaut(), changed(astronaut(), (0.9, 0.5, 0.35))
    new = (after == 255) & (before < 255)
    new[:, :, 3] = False
    assert new.any(axis=2).sum() < 20  # of 11,000 pixels of the face


@pytest.mark.parametrize("scale", [1, 8])
def test_nothing_changes_outside_the_face(scale: int) -> None:
    before = astronaut(scale)
    patches = beauty(1, 1, 1).analyse(picture_of(before))
    assert patches is not None
    after = retouched(before, patches)
    area = touched(patches, *before.shape[:2])
    assert np.array_equal(after[~area], before[~area])
    assert area.mean() < 0.08
    assert (after[area] != before[area]).any(axis=1).mean() > 0.5


@pytest.mark.parametrize("name", ["coffee", "rocket", "chelsea"])
def test_a_photo_without_a_face_is_none_of_its_business(name: str) -> None:
    assert beauty(0.9, 0.5, 0.35).analyse(picture_of(rgba(getattr(data, name)()))) is None


def test_strips_of_any_height_give_the_same_bytes() -> None:
    odd = np.ascontiguousarray(astronaut(8)[:3001, 501:4000])  # cells hang over its edges
    patches = beauty(*PRESETS["heavy"]).analyse(picture_of(odd))
    assert patches is not None
    assert patches[0].step > 1
    whole = retouched(odd, patches, len(odd))
    for rows in (1, 16, 64, 100, None):
        assert np.array_equal(retouched(odd, patches, rows), whole), rows


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_dither() -> None:
    op, before = beauty(*PRESETS["medium"]), astronaut()
    first, second = op.analyse(picture_of(before)), op.analyse(picture_of(before))
    assert first is not None
    assert second is not None
    one = retouched(before, first)
    assert np.array_equal(one, retouched(before, second))
    other = retouched(before, first, seed=8)
    assert not np.array_equal(one, other)
    assert np.abs(one.astype(int) - other).max() <= 1


def test_alpha_stays() -> None:
    before = astronaut().copy()
    before[:, :, 3] = np.random.default_rng(1).integers(0, 256, before.shape[:2])
    after = changed(before, PRESETS["heavy"])
    assert np.array_equal(after[:, :, 3], before[:, :, 3])
    assert np.array_equal(after[:, :, :3], changed(astronaut(), PRESETS["heavy"])[:, :, :3])


def test_sliders_at_zero_do_nothing() -> None:
    assert np.array_equal(changed(astronaut(), (0, 0, 0)), astronaut())


def test_more_is_more() -> None:
    falls = [texture(changed(astronaut(), (amount, 0, 0)), CHEEKS[0], 1) for amount in (0.1, 0.4, 0.7, 1)]
    assert falls == sorted(falls, reverse=True)
    assert falls[-1] > 0.15 * texture(astronaut(), CHEEKS[0], 1)  # skin is never plastic
    lifts = [lab(changed(astronaut(), (0, amount, 0)), CHEEKS[1])[0] for amount in (0, 0.3, 0.6, 1)]
    assert lifts == sorted(lifts)
    sharp = [crispness(changed(astronaut(), (0, 0, amount)), FEATURES[0], 1) for amount in (0, 0.3, 0.6, 1)]
    assert sharp == sorted(sharp)


@pytest.mark.parametrize("scale", [1, 8])
def test_a_face_at_the_edge_or_filling_the_frame_is_retouched_up_to_it(scale: int) -> None:
    for x0, y0, x1, y1 in [(178, 60, 275, 185), (225, 0, 512, 512), (0, 100, 512, 512), (0, 0, 225, 512)]:
        before = np.ascontiguousarray(astronaut(scale)[y0 * scale : y1 * scale, x0 * scale : x1 * scale])
        after = changed(before, PRESETS["medium"])
        box = CHEEKS[1] if x0 > 0 else CHEEKS[0]
        here = (box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0)
        assert texture(after, here, scale) < 0.6 * texture(before, here, scale), (x0, y0)


def test_two_faces_are_both_retouched_and_as_much_as_one() -> None:
    alone = changed(astronaut(), PRESETS["heavy"])
    both = np.ascontiguousarray(np.concatenate([astronaut()[:, 100:340], astronaut()[:, 100:340]], axis=1))
    after = changed(both, PRESETS["heavy"])
    for shift in (-100, 140):
        for box in CHEEKS:
            here = (box[0] + shift, box[1], box[2] + shift, box[3])
            left = texture(after, here, 1) / texture(astronaut(), box, 1)
            assert left == pytest.approx(texture(alone, box, 1) / texture(astronaut(), box, 1), abs=0.08)


@cache
def most_smoothed() -> float:
    """What a single face gets at most."""
    patches = beauty(1, 0, 0).analyse(picture_of(astronaut()))
    assert patches is not None
    return float(-min(patch.planes[0].min() for patch in patches))


def test_faces_that_overlap_are_not_retouched_twice() -> None:
    halves = [astronaut()[:260, 150:255], astronaut()[:260, 195:310]]
    near = np.ascontiguousarray(np.concatenate(halves, axis=1))
    patches = beauty(1, 0, 0).analyse(picture_of(near))
    assert patches is not None
    assert len(patches) == 2
    amount = np.zeros(near.shape[:2])
    for patch in patches:
        assert patch.step == 1
        amount[patch.y0 : patch.y1, patch.x0 : patch.x1] -= patch.planes[0]
    assert amount.max() < most_smoothed() + 0.05


@pytest.mark.parametrize("degrees", [-15, 15])
def test_a_tilted_face_keeps_its_eyes(degrees: int) -> None:
    turn = cv2.getRotationMatrix2D((225, 118), degrees, 1.0)
    rgb = cv2.warpAffine(data.astronaut(), turn, (512, 512), borderMode=cv2.BORDER_REFLECT)
    before = rgba(np.asarray(rgb))
    after = changed(before, PRESETS["heavy"])

    def turned(box: Box) -> Box:
        middle = turn @ ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1)
        x, y = round(middle[0]), round(middle[1])
        return (x - 7, y - 7, x + 7, y + 7)

    for box in FEATURES:
        assert crispness(after, turned(box), 1) >= 0.9 * crispness(before, turned(box), 1)
    for box in CHEEKS:
        assert texture(after, turned(box), 1) < 0.6 * texture(before, turned(box), 1)


@pytest.mark.parametrize("light", [0.25, 0.5, 1.15])
def test_skin_in_any_light_is_smoothed_alike(light: float) -> None:
    before = rgba(np.clip(np.round(data.astronaut() * light), 0, 255).astype(np.uint8))
    after = changed(before, PRESETS["medium"])
    for box in CHEEKS:
        assert 35 <= 100 * (1 - texture(after, box, 1) / texture(before, box, 1)) <= 85
    for box in FEATURES:
        assert crispness(after, box, 1) >= 0.9 * crispness(before, box, 1)


def test_a_face_24_pixels_wide_keeps_its_eyes() -> None:
    picture = np.full((240, 320, 3), (120, 130, 110), np.uint8)
    small = cv2.resize(data.astronaut()[:300, 80:380], None, fx=0.27, fy=0.27, interpolation=cv2.INTER_AREA)
    picture[60 : 60 + small.shape[0], 100 : 100 + small.shape[1]] = small
    before = rgba(picture)
    after = changed(before, PRESETS["heavy"])
    assert not np.array_equal(after, before)
    for x0, y0, x1, y1 in FEATURES:
        left, right = (100 + round(0.27 * (x - 80)) for x in (x0, x1))
        top, bottom = (60 + round(0.27 * y) for y in (y0, y1))
        box = (left, top, right, bottom)
        assert crispness(after, box, 1) >= 0.85 * crispness(before, box, 1)


def test_a_grey_photo_stays_grey() -> None:
    grey = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)
    after = changed(rgba(np.repeat(grey[:, :, None], 3, axis=2)), PRESETS["heavy"]).astype(int)
    assert np.abs(after[:, :, 0] - after[:, :, 2]).max() <= 1


@pytest.mark.parametrize("step", [1, 2, 4, 8])
def test_cells_begin_at_multiples_of_the_step(step: int) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (37, 51, 4), dtype=np.uint8)
    small = reduce_cells(pixels, step)
    assert small.shape == (-(-37 // step), -(-51 // step), 4)
    padded = np.pad(pixels, ((0, -37 % step), (0, -51 % step), (0, 0)), mode="edge").astype(float)
    blocks = padded.reshape(small.shape[0], step, small.shape[1], step, 4).mean(axis=(1, 3))
    assert np.abs(small - blocks).max() <= 0.51
