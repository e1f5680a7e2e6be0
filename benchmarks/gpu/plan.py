"""How much each part of the check does, and its photos."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import simplejpeg

from benchmarks.gpu.fake_device import FakeDevice
from benchmarks.photos.demo_photos import Recipe, photo

Report = dict[str, object]

_PORTRAIT = 2.0  # megapixels
_TILES, _TILE = (6, 4), (320, 240)  # across and down; width and height


@dataclass(frozen=True, slots=True)
class Plan:
    """The sizes of a check."""

    megapixels: float
    photos: int  # different ones
    rounds: int  # times that all photos are taken
    damaged: int
    processes: tuple[int, ...]
    streams: tuple[int, ...]
    at_once: tuple[int, ...]  # squares
    side: int  # pixels of a square
    copied: int  # bytes
    faces: int  # photos of which every second has one
    views: tuple[int, ...]  # in a batch, for the networks for faces
    fake: FakeDevice | None = None  # None: a real GPU

    def files(self) -> list[bytes]:
        """Return JPEGs of cameras."""
        return list(_photos(self.megapixels, self.photos))

    def portraits(self) -> list[bytes]:
        """Return small JPEGs, half of them with a face, and one with up to 24 of them side by side: small faces."""
        portraits = _photos(_PORTRAIT, self.faces)
        return [*portraits, _mosaic(portraits)]


@cache
def _photos(megapixels: float, count: int) -> tuple[bytes, ...]:
    return tuple(photo(Recipe(megapixels=megapixels), index) for index in range(count))


def _mosaic(photos: tuple[bytes, ...]) -> bytes:
    """Return photos as tiles of a large grey one: its faces are so small that the detector looks twice."""
    (across, down), (width, height) = _TILES, _TILE
    whole = np.full((down * height, across * width, 3), 127, np.uint8)
    for index, file in enumerate(photos):
        top, left = height * (index // across), width * (index % across)
        tile = cv2.resize(simplejpeg.decode_jpeg(file), _TILE, interpolation=cv2.INTER_AREA)
        whole[top : top + height, left : left + width] = tile
    return bytes(simplejpeg.encode_jpeg(whole, 92, "RGB", "420"))


FULL = Plan(
    megapixels=12,
    photos=8,
    rounds=6,
    damaged=200,
    processes=(1, 4, 8, 16),
    streams=(1, 2, 4, 8),
    at_once=(1, 2, 4, 8),
    side=512,
    copied=4032 * 3024 * 4,
    faces=24,
    views=(1, 4, 16, 64),
)


def tiny(fake: FakeDevice) -> Plan:
    """A plan that runs every line once, on a fake GPU."""
    return Plan(
        megapixels=6.2,
        photos=1,
        rounds=1,
        damaged=2,
        processes=(1,),
        streams=(1, 2),
        at_once=(1,),
        side=32,
        copied=1 << 20,
        faces=1,
        views=(1, 2),
        fake=fake,
    )


def seconds(work: Callable[[], object], runs: int = 1) -> float:
    """Return the mean time of a call, after one that is not counted."""
    work()
    begun = time.perf_counter()
    for _ in range(runs):
        work()
    return (time.perf_counter() - begun) / runs
