"""The asynchronous client against a real service."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.servers.server import Server
from photobatch import AsyncPhotoBatch, ConflictError, InvalidRequestError, NotFoundError, PhotoInput
from tests.service.cutting_proxy import CuttingProxy


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncPhotoBatch]:
    async with AsyncPhotoBatch(server.url) as client:
        yield client


async def test_files_and_urls_become_one_batch_in_their_order(
    client: AsyncPhotoBatch, photo_folder: Path, tmp_path: Path
) -> None:
    inputs = [photo_folder / "astronaut.jpg", (photo_folder / "coffee.jpg").as_uri(), photo_folder / "coffee.png"]
    batch = await client.submit(inputs, preset="filter_warm", params={"strength": 0.5}, metadata={"shoot": "7"})
    ended = await batch.wait(timeout_s=60)
    assert (ended.status, ended.counts.succeeded, ended.metadata) == ("completed", 3, {"shoot": "7"})
    assert [photo.name for photo in await batch.results()] == ["astronaut.jpg", "coffee.jpg", "coffee.png"]
    paths = await batch.download(tmp_path / "out")
    assert [path.name for path in paths] == ["astronaut.jpg", "coffee.jpg", "coffee.png"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in paths)
    sums = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    assert sums == [photo.result.sha256 for photo in await batch.results() if photo.result]
    assert await batch.result(0) == paths[0].read_bytes()


async def test_a_folder_is_handed_in_and_what_is_no_photo_is_told_apart(
    client: AsyncPhotoBatch, photo_folder: Path
) -> None:
    batch = await client.submit(photo_folder, preset="filter_cool")
    told = {refused.path.name: refused.error.code for refused in batch.refused}
    assert told == {"text.jpg": "unsupported_media", "empty.jpg": "empty_file", "drawing.jpg": "unsupported_media"}
    ended = await batch.wait(timeout_s=60)
    assert (ended.counts.total, ended.counts.succeeded) == (6, 5)
    assert [(photo.name, photo.error and photo.error.code) async for photo in batch.photos("failed")] == [
        ("cut.jpg", "truncated")
    ]


async def test_photos_may_have_parameters_of_their_own(client: AsyncPhotoBatch, photo_folder: Path) -> None:
    strong = PhotoInput(source=str(photo_folder / "rocket.jpg"), params={"strength": 0.0})
    batch = await client.submit([photo_folder / "rocket.jpg", strong], preset="filter_warm", name="{stem}-{index}")
    await batch.wait(timeout_s=60)
    first, second = [photo.result for photo in await batch.results()]
    assert first is not None
    assert second is not None
    assert first.sha256 != second.sha256


async def test_progress_tells_every_photo_across_cuts(
    client: AsyncPhotoBatch, server: Server, photo_folder: Path
) -> None:
    batch = await client.submit([(photo_folder / "astronaut.jpg").as_uri()] * 30, preset="beauty_light")
    await batch.pause()  # it must not end before the connection was cut twice
    async with CuttingProxy(server.port) as proxy, AsyncPhotoBatch(proxy.url) as far:

        async def cut_twice() -> None:
            for connections in (1, 2):
                while proxy.connections <= connections:
                    if proxy.connections == connections:
                        proxy.cut()
                    await asyncio.sleep(0.05)
            await batch.resume()

        cutting = asyncio.ensure_future(cut_twice())
        events, done = [], set()
        async for event in far.batch(batch.task_id).progress(since=0):
            events.append(event)
            done |= {photo.index for photo in event.photos if photo.status == "succeeded"}
            if len(events) == 3:
                proxy.cut()
        await cutting
    assert events[-1].type == "done"
    assert events[-1].batch.status == "completed"
    assert done == set(range(30))
    assert [event.version for event in events] == sorted(event.version for event in events)


async def test_a_download_goes_on_where_it_was_cut(
    client: AsyncPhotoBatch, server: Server, photo_folder: Path, tmp_path: Path
) -> None:
    big = tmp_path / "big.png"
    Image.effect_noise((1500, 1200), 80).save(big)
    batch = await client.submit([big, photo_folder / "coffee.jpg"], preset="filter_warm")
    await batch.wait(timeout_s=60)
    large, small = [photo.result for photo in await batch.results()]
    assert large is not None
    assert small is not None
    async with CuttingProxy(server.port, cut_after=large.bytes // 2) as proxy, AsyncPhotoBatch(proxy.url) as far:
        paths = await far.batch(batch.task_id).download(tmp_path / "out", parallel=1)
        first_time = proxy.sent
        assert large.bytes <= first_time < large.bytes * 1.4 + small.bytes  # nothing big came twice
        paths[1].write_bytes(paths[1].read_bytes()[:-1] + b"!")
        assert await far.batch(batch.task_id).download(tmp_path / "out") == paths
        assert proxy.sent - first_time < small.bytes + 20_000  # the large one was there and right
    for path, result in zip(paths, (large, small), strict=True):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == result.sha256
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["big.png", "coffee.jpg"]


async def test_a_batch_is_steered_shared_and_removed(
    client: AsyncPhotoBatch, server: Server, photo_folder: Path
) -> None:
    batch = await client.submit([(photo_folder / "astronaut.jpg").as_uri()] * 200, preset="beauty_heavy")
    assert (await batch.pause()).status == "paused"
    with pytest.raises(TimeoutError):
        await batch.wait(timeout_s=0.2)
    with pytest.raises(ConflictError, match="bad_transition"):
        await batch.retry()
    assert (await batch.resume()).status in {"queued", "processing"}
    assert (await batch.cancel()).status == "cancelled"
    assert batch.task_id in [known.task_id async for known in client.batches(status="cancelled")]
    link = await batch.share(expires_in_s=600)
    assert server.http.get(link.url).status_code == 200
    await batch.revoke(link.id)
    assert await batch.shares() == []
    await batch.delete()
    with pytest.raises(NotFoundError):
        await batch.get()
    with pytest.raises(NotFoundError):
        await batch.wait(timeout_s=30)


async def test_what_cannot_be_is_refused_before_anything_is_sent(
    client: AsyncPhotoBatch, server: Server, photo_folder: Path
) -> None:
    photo = photo_folder / "astronaut.jpg"
    with pytest.raises(InvalidRequestError, match="at least one photo"):
        await client.submit([], preset="filter_warm")
    with pytest.raises(InvalidRequestError, match="no file or folder"):
        await client.submit([photo, photo_folder / "missing.jpg"], preset="filter_warm")
    with pytest.raises(InvalidRequestError, match="priority"):
        await client.submit(photo, preset="filter_warm", priority=11)
    with pytest.raises(NotFoundError, match="unknown_preset"):
        await client.submit(photo, preset="no_such")
    with pytest.raises(InvalidRequestError) as refused:
        await client.submit(photo.as_uri(), preset="filter_warm", params={"strength": 7})
    assert (refused.value.status, refused.value.code) == (422, "invalid_params")


async def test_the_same_submit_twice_is_one_batch(client: AsyncPhotoBatch, photo_folder: Path) -> None:
    source = (await client.upload(photo_folder / "rocket.jpg")).source
    batches = [await client.submit(source, preset="filter_warm", idempotency_key="sdk-once") for _ in range(2)]
    assert batches[0].task_id == batches[1].task_id


async def test_presets_are_made_shown_and_removed(client: AsyncPhotoBatch, photo_folder: Path) -> None:
    made = await client.presets.duplicate("filter_warm", "sdk_warm", en="Warm of ours")
    assert made.name.zh == "Warm of ours"
    changed = await client.presets.put(
        {"id": "sdk_warm", "name": {"zh": "暖", "en": "Warm"}, "type": "filter", "params": {"temperature": 0.9}}
    )
    assert (changed.version, (await client.presets.get("sdk_warm")).params["temperature"]) == (made.version + 1, 0.9)
    with pytest.raises(ConflictError, match="preset_exists"):
        await client.presets.duplicate("filter_warm", "sdk_warm")
    shown = await client.presets.preview(
        photo_folder / "coffee.jpg", ["filter_cool", {"preset_id": "sdk_warm"}], max_side=128
    )
    assert [Image.open(io.BytesIO(picture)).width for picture in shown] == [128, 128]
    await client.presets.delete("sdk_warm")
    assert "sdk_warm" not in [preset.id for preset in await client.presets.list()]


async def test_a_lut_is_kept_under_its_name(client: AsyncPhotoBatch, tmp_path: Path) -> None:
    cube = tmp_path / "plain look.cube"
    cube.write_text("LUT_3D_SIZE 2\n" + "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1)))
    assert (await client.luts.put(cube)).size == 2
    assert [lut.name for lut in await client.luts.list()] == ["plain look"]
    await client.luts.delete("plain look")
    assert await client.luts.list() == []


async def test_the_service_tells_how_it_is(client: AsyncPhotoBatch) -> None:
    stats, health = await asyncio.gather(client.stats(), client.health())
    assert (health.status, stats.workers.max) == ("ok", 2)
