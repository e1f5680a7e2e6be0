import asyncio
import random
from typing import Any

import pytest

from deployments.feed import Feeds
from deployments.progress import follow
from photobatch.schemas import ProgressMessage
from tests.deployments.conftest import World


async def collect(world: World, feeds: Feeds, task_id: str, since: int | None, slow_s: float) -> list[ProgressMessage]:
    messages = []
    async for message in follow(feeds, task_id, since):
        messages.append(message)
        await asyncio.sleep(slow_s)
    return messages


@pytest.mark.parametrize("seed", range(8))
async def test_whoever_listens_whenever_misses_nothing(world: World, seed: int) -> None:
    """Listeners come at any moment, slow and fast, with and without a version; each ends with the whole truth."""
    rng = random.Random(seed)
    task_id = await world.submit(image_urls=[f"https://a.org/{n}" for n in range(60)])
    feeds = Feeds(world.coordinator)
    versions = [(await world.coordinator.get(task_id))["version"]]
    states: list[dict[int, str]] = [{}]
    listeners: list[tuple[int | None, asyncio.Task[list[ProgressMessage]]]] = []
    for index in range(60):
        if rng.random() < 0.3:
            place = rng.randrange(len(versions))
            since = None if rng.random() < 0.3 else place
            version = None if since is None else versions[since]
            listeners.append(
                (since, asyncio.ensure_future(collect(world, feeds, task_id, version, rng.choice([0, 0.05, 0.3]))))
            )
        error = {"code": "x", "message": "x.", "retryable": False} if rng.random() < 0.3 else None
        world.coordinator.work(task_id, index, error=error)
        states.append({**states[-1], index: "failed" if error else "succeeded"})
        versions.append((await world.coordinator.get(task_id))["version"])
        await asyncio.sleep(rng.choice([0, 0, 0.01, 0.04]))
    for since, task in listeners:
        messages = await asyncio.wait_for(task, 20)
        told = [message.version for message in messages if message.version is not None]
        assert told == sorted(told)
        assert messages[-1].type == "done"
        assert messages[-1].batch is not None
        assert messages[-1].batch.counts.queued == 0
        seen = {photo.index: photo.status.value for message in messages for photo in message.photos}
        if since is not None:
            expected = {index: status for index, status in states[-1].items() if index not in states[since]}
            # A photo may be told twice, when the feed was behind its listener; never a wrong state.
            assert expected.items() <= seen.items() <= states[-1].items()
    assert len(feeds) == 0


async def test_silence_is_broken_by_pings(world: World) -> None:
    task_id = await world.submit()
    messages = follow(Feeds(world.coordinator), task_id, None, silence_s=0.05)
    assert [(await anext(messages)).type for _ in range(3)] == ["progress", "ping", "ping"]
    await messages.aclose()


async def test_a_listener_that_is_late_to_the_feed_catches_up_at_once(world: World) -> None:
    task_id = await world.submit(image_urls=["https://a.org/1", "https://a.org/2", "https://a.org/3"])
    feeds = Feeds(world.coordinator)
    first = (await world.coordinator.get(task_id))["version"]
    early = follow(feeds, task_id, None)
    await anext(early)
    late = follow(feeds, task_id, first)
    await anext(late)  # has its snapshot, and does not listen yet
    world.coordinator.work(task_id, 0)
    await anext(early)  # the feed has gone past what the late one saw, and no more changes come
    message = await asyncio.wait_for(anext(late), 2)
    assert [photo.index for photo in message.photos] == [0]
    await early.aclose()
    await late.aclose()
    assert len(feeds) == 0


async def test_a_bug_in_the_watch_ends_it_for_everyone(world: World) -> None:
    task_id = await world.submit()
    feeds = Feeds(world.coordinator)
    messages = follow(feeds, task_id, None)
    await anext(messages)

    async def broken(*args: Any) -> Any:
        raise RuntimeError("a bug")

    world.coordinator.watch = broken  # type: ignore[method-assign]
    with pytest.raises(Exception, match="internal_error"):
        await asyncio.wait_for(anext(messages), 2)
