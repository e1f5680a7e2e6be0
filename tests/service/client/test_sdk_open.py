"""Batches that photos are appended to, photos that are computed again, and names, through the client."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from benchmarks.servers.server import Server
from photobatch import AsyncPhotoBatch, ConflictError, InvalidRequestError, NotFoundError

LARGEST_FIRST = ("coffee.png", "rocket.jpg", "astronaut.jpg", "coffee.jpg")  # the order in which uploads end differs


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncPhotoBatch]:
    async with AsyncPhotoBatch(server.url) as client:
        yield client


async def test_photos_are_worked_on_while_others_are_uploaded(client: AsyncPhotoBatch, photo_folder: Path) -> None:
    inputs = [photo_folder / name for name in (*LARGEST_FIRST, "text.jpg", *LARGEST_FIRST)]
    told: list[tuple[int, int]] = []
    batch = await client.submit(
        inputs, preset="filter_warm", overlap=True, on_progress=lambda *so_far: told.append(so_far)
    )
    ended = await batch.wait(timeout_s=60)
    assert (ended.status, ended.open, ended.counts.succeeded) == ("completed", False, 8)
    assert [photo.name async for photo in batch.photos()] == [*LARGEST_FIRST, *LARGEST_FIRST]
    assert [refused.path.name for refused in batch.refused] == ["text.jpg"]
    assert told[-1] == (9, 9)


async def test_nothing_is_left_of_a_batch_none_of_whose_files_is_a_photo(
    client: AsyncPhotoBatch, photo_folder: Path
) -> None:
    known = {batch.task_id async for batch in client.batches()}
    with pytest.raises(InvalidRequestError, match=r"text\.jpg"):
        await client.submit([photo_folder / "text.jpg"], preset="filter_warm", overlap=True)
    with pytest.raises(NotFoundError):
        await client.submit([photo_folder / "coffee.jpg"], preset="no_such", overlap=True)
    assert {batch.task_id async for batch in client.batches()} <= known


async def test_an_open_batch_takes_photos_until_it_is_closed(client: AsyncPhotoBatch, photo_folder: Path) -> None:
    batch = await client.submit([], preset="filter_warm", open=True, batch_name="Anna & Ben")
    first = await batch.append([photo_folder / "coffee.jpg", (photo_folder / "rocket.jpg").as_uri()])
    second = await batch.append(photo_folder / "astronaut.jpg")
    assert (first.counts.total, second.counts.total, second.name) == (2, 3, "Anna & Ben")
    await batch.close()
    ended = await batch.wait(timeout_s=60)
    assert (ended.status, ended.counts.succeeded) == ("completed", 3)
    with pytest.raises(ConflictError) as caught:
        await batch.append(photo_folder / "astronaut.jpg")
    assert caught.value.code == "batch_closed"
    assert (await batch.rename("Wedding")).name == "Wedding"


async def test_another_look_on_the_photos_of_a_batch(client: AsyncPhotoBatch, photo_folder: Path) -> None:
    first = await client.submit([photo_folder / "coffee.jpg", photo_folder / "rocket.jpg"], preset="filter_warm")
    await first.wait(timeout_s=60)
    other = await client.submit(first.source, preset="filter_cool")
    await other.wait(timeout_s=60)
    one = await client.submit([f"{first.source}/1"], preset="filter_warm")
    await one.wait(timeout_s=60)
    hashes = [[photo.result and photo.result.sha256 for photo in await each.results()] for each in (first, other, one)]
    assert [len(each) for each in hashes] == [2, 2, 1]
    assert not set(hashes[0]) & set(hashes[1])
    assert hashes[2] == hashes[0][1:]


async def test_one_photo_is_adjusted(client: AsyncPhotoBatch, photo_folder: Path) -> None:
    batch = await client.submit([photo_folder / "coffee.jpg", photo_folder / "rocket.jpg"], preset="filter_warm")
    await batch.wait(timeout_s=60)
    before = [photo.result and photo.result.sha256 for photo in await batch.results()]
    await batch.adjust(1, {"strength": 0.2})
    ended = await batch.wait(timeout_s=60)
    photos = await batch.results()
    after = [photo.result and photo.result.sha256 for photo in photos]
    assert (ended.status, after[0], photos[1].revision) == ("completed", before[0], 1)
    assert after[1] != before[1]
    await batch.adjust(1, {})
    await batch.wait(timeout_s=60)
    assert [photo.result and photo.result.sha256 for photo in await batch.results()] == before, "as it was at first"


async def test_the_light_of_a_batch_is_matched(client: AsyncPhotoBatch, photo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shoot"
    folder.mkdir()
    with Image.open(photo_folder / "astronaut.jpg") as picture:
        for number, factor in enumerate((1.0, 1.0, 0.6, 1.0)):
            picture.point(lambda value, factor=factor: value * factor).save(folder / f"{number}.jpg", quality=95)
    levels = []
    for consistency in ("none", "shoot"):
        batch = await client.submit(folder, preset_type="filter", consistency=consistency, overlap=True)
        await batch.wait(timeout_s=60)
        results = [await batch.result(index) for index in range(4)]
        levels.append([ImageStat.Stat(Image.open(io.BytesIO(result)).convert("L")).mean[0] for result in results])
    plain, matched = levels
    assert plain[2] < 0.65 * plain[0]
    assert 0.9 * matched[0] < matched[2] < 1.1 * matched[0]
    shifts = [photo.shift and photo.shift.exposure for photo in await batch.results()]
    assert (shifts[0], shifts[1], shifts[3]) == (None, None, None)
    assert shifts[2] is not None
    assert shifts[2] > 0.5
