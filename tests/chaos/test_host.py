"""The misbehaving host does to a photo what the load says of it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.messages.errors import SourceError
from actors.sources.web_source import WebSource
from benchmarks.faults.host import FAILS_FIRST, WAYS, PhotoHost
from benchmarks.faults.load import BAD_FILES, Load
from benchmarks.faults.photos import SIDE, SmallPhotos
from models.codec import decode
from models.codec.header import Limits
from models.errors import PhotoError

LIMITS = Limits()
PHOTOS = SmallPhotos(7)


@pytest.fixture(scope="module")
def host() -> Iterator[PhotoHost]:
    with PhotoHost(PHOTOS) as running:
        yield running


async def outcome(host: PhotoHost, way: str) -> str | None:
    """What becomes of the first photo that arrives whole, or the last error."""
    source = WebSource(10**7, frozenset({"127.0.0.1"}))
    code = None
    for _ in range(FAILS_FIRST + 1):
        try:
            data = await source.fetch(host.url(way, 1))
        except SourceError as error:
            code = error.code
            if not error.retryable:
                break
        else:
            return refusal(data)
    return code


def refusal(data: bytes) -> str | None:
    try:
        decode(data, LIMITS)
    except PhotoError as error:
        return error.code
    return None


@pytest.mark.parametrize(("way", "error"), WAYS.items())
async def test_each_way_ends_as_it_must(host: PhotoHost, way: str, error: str | None) -> None:
    assert await outcome(host, way) == error


def test_no_two_photos_are_alike_and_the_bad_ones_are_bad() -> None:
    seen = {PHOTOS.jpeg(number) for number in range(20)}
    assert len(seen) == 20
    assert PHOTOS.jpeg(3) == SmallPhotos(7).jpeg(3)
    assert decode(PHOTOS.jpeg(3), LIMITS).pixels.shape[:2] == (SIDE, SIDE)
    assert [refusal(PHOTOS.bad(error, 5)) for error in BAD_FILES] == list(BAD_FILES)


def test_a_seed_makes_the_same_load(host: PhotoHost, tmp_path: Path) -> None:
    first, again, other = (
        list(itertools.chain(load.round(160), load.round(400)))
        for load in (Load(seed, tmp_path, host, PHOTOS) for seed in (1, 1, 2))
    )
    assert first == again
    assert first != other
    assert [sum(len(order.items) for order in part) for part in (first[:8], first[8:])] == [160, 400]
    assert len({order.user for order in first}) == 3
    assert len({order.key for order in first}) == len(first)
    assert {item.origin for order in first for item in order.items} == {"file", "upload", "web", "form"}
    assert {item.way for order in first for item in order.items} == {*WAYS, "file"}
