"""What is wrong with a submit is told before the first photo is sent."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from photobatch import AsyncPhotoBatch, InvalidRequestError, NotFoundError, PhotoInput
from tests.deployments.conftest import World
from tests.deployments.in_process import served

HOLE: dict[str, Any] = {"regions": {"unit": "fraction", "boxes": [[0.1, 0.1, 0.2, 0.2]]}}


@pytest.fixture
async def client(world: World) -> AsyncIterator[AsyncPhotoBatch]:
    async with served(world.api) as host, AsyncPhotoBatch(f"http://{host}") as client:
        yield client


async def test_parameters_of_every_photo_are_checked_before_one_is_sent(
    world: World, client: AsyncPhotoBatch, jpeg: bytes, tmp_path: Path
) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(jpeg)
    good = PhotoInput(source=str(photo), params=HOLE)
    for photos in ([good, PhotoInput(source=str(photo), params={"regions": 1})], [good, photo], [photo]):
        with pytest.raises(InvalidRequestError):
            await client.submit(photos, preset="erase")
    with pytest.raises(NotFoundError):
        await client.submit(photo, preset="nowhere")
    with pytest.raises(InvalidRequestError, match="more than one batch may hold"):
        await client.submit([photo] * 1001, preset="filter_warm")
    assert world.stored() == []
    batch = await client.submit([good, good], preset="erase")
    assert (await batch.get()).counts.total == 2


async def test_a_check_tells_what_a_submit_would_do(client: AsyncPhotoBatch) -> None:
    checked = await client.check(preset="filter_warm", params={"temperature": 0.3}, name="{counter:04}")
    assert checked is not None
    assert (checked.preset.params["temperature"], checked.output.name) == (0.3, "{counter:04}")
    with pytest.raises(InvalidRequestError, match="temperature"):
        await client.check(preset="filter_warm", params={"temperature": 9})
