"""How much each part of the check does, and its photos."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from benchmarks.gpu.fake_device import FakeDevice
from benchmarks.photos.demo_photos import Recipe, photo

Report = dict[str, object]


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
    fake: FakeDevice | None = None  # None: a real GPU

    def files(self) -> list[bytes]:
        """Return JPEGs of cameras."""
        return list(_photos(self.megapixels, self.photos))


@cache
def _photos(megapixels: float, count: int) -> tuple[bytes, ...]:
    return tuple(photo(Recipe(megapixels=megapixels), index) for index in range(count))


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
        fake=fake,
    )


def seconds(work: Callable[[], object], runs: int = 1) -> float:
    """Return the mean time of a call, after one that is not counted."""
    work()
    begun = time.perf_counter()
    for _ in range(runs):
        work()
    return (time.perf_counter() - begun) / runs
