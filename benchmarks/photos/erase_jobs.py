"""Jobs for erase: free photos of scikit-image and scenes drawn here, with what is marked in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from skimage import data

from models.erase.region import Mask, grown
from models.picture import Pixels

# Licences: docs/benchmarks.md.
_SEED = 5
_AROUND_INK = 2.0  # pixels that people paint around what they want gone


@dataclass(frozen=True, slots=True)
class Job:
    """A photo, uint8 (h, w, 3), and the mask of what is to go, (h, w)."""

    name: str
    photo: Pixels
    mask: Mask


def jobs() -> Iterator[Job]:
    """Yield jobs: textures, structures, and things that were put over a photo."""
    shore = _shore()
    yield _disc("grass", photo_of("grass"), (256, 256), 80)
    yield _disc("gravel", photo_of("gravel"), (256, 256), 80)
    yield _box("bricks", photo_of("brick"), (190, 200, 150, 120))
    yield _box("fur", photo_of("chelsea"), (270, 30, 90, 70))
    yield _box("a spoon on wood", photo_of("coffee"), (395, 30, 100, 100))
    yield _box("at the photo's border", photo_of("coffee"), (500, 0, 100, 110))
    yield _box("a rocket", photo_of("rocket"), (300, 50, 50, 200))
    yield _over("a spot on skin", photo_of("astronaut"), _spot((205, 152), 6), (110, 40, 40))
    yield _over("a date stamp", photo_of("coffee"), _writing("'98 11 30", (20, 375), 1.0, 3), (255, 150, 40))
    yield _over("writing", photo_of("gravel"), _writing("SAMPLE", (120, 280), 2.0, 8), (250, 250, 250))
    yield _over("a wire", shore, _wire, (35, 35, 40))
    yield _disc("a sky", shore, (430, 120), 80)
    yield _disc("a horizon", shore, (300, 262), 70)
    yield _disc("water", shore, (180, 400), 75)
    yield _disc("a fence", _fence(), (260, 200), 80)
    yield _box("what fails: next to a person", photo_of("astronaut"), (346, 0, 166, 266))


def photo_of(name: str) -> Pixels:
    """Return a photo of scikit-image, uint8 (h, w, 3)."""
    picture = np.asarray(getattr(data, name)(), np.uint8)
    return np.dstack([picture] * 3) if picture.ndim == 2 else picture


def _disc(name: str, photo: Pixels, middle: tuple[int, int], radius: int) -> Job:
    mask = np.zeros(photo.shape[:2], np.uint8)
    cv2.circle(mask, middle, radius, 255, -1)
    return Job(name, photo, mask)


def _box(name: str, photo: Pixels, place: tuple[int, int, int, int]) -> Job:
    left, top, wide, high = place
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[top : top + high, left : left + wide] = 255
    return Job(name, photo, mask)


def _over(name: str, photo: Pixels, draw: Callable[[Mask], object], colour: tuple[int, int, int]) -> Job:
    """Something of one colour over the photo, marked with a little around it."""
    ink = np.zeros(photo.shape[:2], np.uint8)
    draw(ink)
    share = ink[:, :, None].astype(np.uint16)
    drawn = ((photo * (255 - share) + np.asarray(colour, np.uint16) * share) // 255).astype(np.uint8)
    return Job(name, drawn, grown(np.where(ink > 0, np.uint8(255), np.uint8(0)), _AROUND_INK))


def _writing(text: str, place: tuple[int, int], size: float, width: int) -> Callable[[Mask], object]:
    return lambda ink: cv2.putText(ink, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, width, cv2.LINE_AA)


def _spot(middle: tuple[int, int], radius: int) -> Callable[[Mask], object]:
    return lambda ink: cv2.circle(ink, middle, radius, 255, -1, cv2.LINE_AA)


def _wire(ink: Mask) -> None:
    across = np.arange(ink.shape[1])
    sagging = 90 + ((across - 300) / 300) ** 2 * 60
    points = np.stack([across, sagging], axis=1).round().astype(np.int32)
    cv2.polylines(ink, [points], isClosed=False, color=255, thickness=4, lineType=cv2.LINE_AA)


def _shore() -> Pixels:
    """A sky with thin clouds over waves, the horizon a little tilted, with the noise of a sensor."""
    random = np.random.default_rng(_SEED)
    y, x = np.mgrid[:500, :640].astype(np.float32)
    clouds = np.zeros((500, 640, 1), np.float32)
    for scale in (8.0, 16.0, 32.0):
        clouds += _soft(random, (500, 640), scale)[:, :, None] * np.float32(scale * 0.35)
    sky = np.dstack([110 + y / 4, 150 + y / 5, 205 + y / 12]) + clouds * np.asarray([1.2, 1.0, 0.6], np.float32)
    depth = np.maximum(y - 255 + x / 40, 1)
    waves = np.sin(900 / (depth + 12) * 3 + x / 60 + _soft(random, (500, 640), 10.0) * 2) * np.minimum(depth / 4, 14)
    sea = np.dstack([50 + depth / 8, 95 + depth / 7, 120 + depth / 10]) + waves[:, :, None]
    scene = np.where((y > 255 - x / 40)[:, :, None], sea, sky) + random.normal(0, 2.5, (500, 640, 1))
    return np.asarray(np.clip(np.rint(scene), 0, 255), np.uint8)


def _soft(random: np.random.Generator, size: tuple[int, int], scale: float) -> npt.NDArray[np.float32]:
    """Return smooth noise of standard deviation 1, stretched sideways."""
    noise = np.asarray(cv2.GaussianBlur(random.normal(0, 1, size), (0, 0), 2 * scale, sigmaY=scale / 2), np.float32)
    return np.asarray(noise / noise.std(), np.float32)


def _fence() -> Pixels:
    """Boards before a meadow."""
    random = np.random.default_rng(_SEED)
    scene = np.full((400, 520, 3), (88, 128, 70), np.float32) + _soft(random, (400, 520), 3.0)[:, :, None] * 10
    grain = _soft(random, (520, 400), 2.0).T[:, :, None] * 6
    for left in range(6, 520, 44):
        scene[:, left : left + 22] = np.asarray([176, 146, 108], np.float32) + grain[:, left : left + 22]
        scene[:, left + 22 : left + 25] *= 0.7
    for top in (110, 290):
        scene[top : top + 20] = np.asarray([156, 126, 92], np.float32) + grain[top : top + 20]
    return np.asarray(np.clip(np.rint(scene + random.normal(0, 3, (400, 520, 1))), 0, 255), np.uint8)
