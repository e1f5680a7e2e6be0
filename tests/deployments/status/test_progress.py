import asyncio
import random
from contextlib import aclosing
from typing import Any

import pytest

from actors.messages.errors import BatchError
from deployments.status import catch_up
from deployments.status.feed import Feeds
from deployments.status.progress import follow
from deployments.status.update import Message
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
    feeds = Feeds(world.coordinator.client)
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
    messages = follow(Feeds(world.coordinator.client), task_id, None, silence_s=0.05)
    assert [(await anext(messages)).type for _ in range(3)] == ["progress", "ping", "ping"]
    await messages.aclose()


async def test_a_listener_that_is_late_to_the_feed_catches_up_at_once(world: World) -> None:
    task_id = await world.submit(image_urls=["https://a.org/1", "https://a.org/2", "https://a.org/3"])
    feeds = Feeds(world.coordinator.client)
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
    feeds = Feeds(world.coordinator.client)
    messages = follow(feeds, task_id, None)
    await anext(messages)

    async def broken(*args: Any) -> Any:
        raise RuntimeError("a bug")

    world.coordinator.watch = broken  # type: ignore[method-assign]
    with pytest.raises(Exception, match="internal_error"):
        await asyncio.wait_for(anext(messages), 2)


async def first_pages(feeds: Feeds, task_id: str, since: int | None) -> list[Message]:
    """What a client is told until it has everything."""
    found = []
    async with aclosing(follow(feeds, task_id, since)) as messages:
        async for message in messages:
            found.append(message)
            if not message.more:
                break
    return found


async def test_clients_that_come_back_at_once_share_question_and_encoding(world: World) -> None:
    task_id = await world.submit(image_urls=[f"https://a.org/{n}" for n in range(1000)])
    world.coordinator.work(task_id, *range(1000))
    feeds = Feeds(world.coordinator.client)
    world.coordinator.asked.clear()
    told = await asyncio.gather(*(first_pages(feeds, task_id, 0) for _ in range(50)))
    assert len(world.coordinator.asked) <= 3
    assert [len(message.photos) for message in told[0]] == [500, 500]
    assert len({id(message.encoded()) for messages in told for message in messages}) == 2
    later = await first_pages(feeds, task_id, 0)
    assert [id(message) for message in later] == [id(message) for message in told[0]]
    [alone] = await first_pages(feeds, task_id, None)
    assert alone.photos == []


async def test_clients_that_listen_share_each_message(world: World) -> None:
    task_id = await world.submit(image_urls=["https://a.org/1", "https://a.org/2"])
    feeds = Feeds(world.coordinator.client)
    clients = [follow(feeds, task_id, None) for _ in range(20)]
    await asyncio.gather(*(anext(client) for client in clients))
    heard = [asyncio.ensure_future(anext(client)) for client in clients]
    await asyncio.sleep(0.2)  # all of them listen
    world.coordinator.work(task_id, 0)
    messages = await asyncio.gather(*heard)
    assert {id(message.encoded()) for message in messages} == {id(messages[0].encoded())}
    for client in clients:
        await client.aclose()


@pytest.mark.parametrize("since", [None, 0])
async def test_whoever_comes_is_told_nothing_older_than_that(world: World, since: int | None) -> None:
    task_id = await world.submit()
    feeds = Feeds(world.coordinator.client)
    for action, status in [("pause", "paused"), ("resume", "queued")] * 3:
        early = asyncio.ensure_future(first_pages(feeds, task_id, since))
        await asyncio.sleep(0)  # its question is under way
        version = (await world.coordinator.control(task_id, action))["version"]
        [message] = await first_pages(feeds, task_id, since)
        assert message.batch is not None
        assert (message.version, message.batch.status.value) == (version, status)
        await early


async def test_whoever_leaves_while_others_wait_for_the_same_takes_nothing_from_them(world: World) -> None:
    task_id = await world.submit()
    feeds = Feeds(world.coordinator.client)
    clients = [asyncio.ensure_future(first_pages(feeds, task_id, 0)) for _ in range(6)]
    await asyncio.sleep(0)
    for client in clients[:5]:
        client.cancel()
    [message] = await clients[5]
    assert len(message.photos) == 2
    await asyncio.gather(*clients, return_exceptions=True)


async def test_a_refusal_reaches_all_and_is_not_kept(world: World) -> None:
    task_id = await world.submit()
    feeds = Feeds(world.coordinator.client)
    await first_pages(feeds, task_id, 0)
    world.coordinator.down = True
    refused = await asyncio.gather(*(first_pages(feeds, task_id, 0) for _ in range(5)), return_exceptions=True)
    assert {getattr(error, "code", None) for error in refused} == {"unavailable"}
    world.coordinator.down = False
    assert len((await first_pages(feeds, task_id, 0))[0].photos) == 2
    await world.coordinator.delete(task_id)
    with pytest.raises(BatchError, match="not_found"):
        await first_pages(feeds, task_id, 0)


async def test_what_is_kept_for_others_to_come_is_little_and_goes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = await world.submit(image_urls=[f"https://a.org/{n}" for n in range(600)])
    version = (await world.coordinator.get(task_id))["version"]
    feeds = Feeds(world.coordinator.client)
    for since in range(100):
        await first_pages(feeds, task_id, version - since)
    assert len(feeds.catch_ups) <= catch_up.KEPT
    monkeypatch.setattr(catch_up, "KEPT_PHOTOS", 500)
    await first_pages(feeds, task_id, 0)
    assert feeds.catch_ups.photos <= 500
    deadline = asyncio.get_running_loop().time() + 10
    while len(feeds.catch_ups):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
