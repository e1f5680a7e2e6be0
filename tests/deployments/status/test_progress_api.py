import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from deployments.status.feed import Feeds
from tests.deployments.conftest import World
from tests.deployments.in_process import served


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    async with served(world.api) as address:
        yield address


def feeds(world: World) -> Feeds:
    found: Feeds = world.api.state.parts.feeds
    return found


def urls(count: int) -> list[str]:
    return [f"https://a.org/{n}.jpg" for n in range(count)]


async def said(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 5))
    return message


async def all_said(socket: ClientConnection) -> tuple[list[dict[str, Any]], int | None]:
    messages = []
    try:
        while True:
            messages.append(await said(socket))
    except ConnectionClosed as closed:
        return messages, closed.rcvd.code if closed.rcvd else None


async def test_a_batch_from_its_start_to_done(world: World, address: str) -> None:
    task_id = await world.submit(image_urls=urls(3))
    async with connect(f"ws://{address}/ws/batch/{task_id}") as socket:
        first = await said(socket)
        assert (first["type"], first["photos"], first["more"]) == ("progress", [], False)
        assert first["version"] == first["batch"]["version"]
        world.coordinator.work(task_id, 1)
        second = await said(socket)
        assert second["version"] > first["version"]
        assert [(photo["index"], photo["status"]) for photo in second["photos"]] == [(1, "succeeded")]
        assert second["photos"][0]["timings_ms"] is None
        assert second["photos"][0]["result"]["url"] == f"/api/v1/batch/{task_id}/photos/1/result"
        world.coordinator.work(task_id, 0, 2)
        rest, code = await all_said(socket)
    assert [message["type"] for message in rest] == ["progress", "done"]
    assert rest[-1]["batch"]["status"] == "completed"
    assert code == 1000
    assert len(feeds(world)) == 0


async def test_one_who_comes_back_sees_each_final_state_in_pages(world: World, address: str) -> None:
    task_id = await world.submit(image_urls=urls(1000))
    start = (await world.coordinator.get(task_id))["version"]
    world.coordinator.work(task_id, *range(1000))
    async with connect(f"ws://{address}/ws/batch/{task_id}?since={start}", max_size=None) as socket:
        messages, _ = await all_said(socket)
    assert [(len(m["photos"]), m["more"], m["type"]) for m in messages] == [
        (500, True, "progress"),
        (500, False, "progress"),
        (0, False, "done"),
    ]
    # One that breaks off between the pages and comes back with what it got misses nothing.
    assert [message["version"] for message in messages[:2]] == [start, messages[-1]["version"]]
    async with connect(f"ws://{address}/ws/batch/{task_id}?since=0", max_size=None) as socket:
        assert len((await said(socket))["photos"]) == 500
    async with connect(f"ws://{address}/ws/batch/{task_id}?since={messages[-1]['version']}") as socket:
        messages, code = await all_said(socket)
    assert [(message["type"], message["photos"]) for message in messages] == [("progress", []), ("done", [])]
    assert code == 1000


async def test_changes_come_at_most_ten_times_a_second(world: World, address: str) -> None:
    task_id = await world.submit(image_urls=urls(200))
    async with connect(f"ws://{address}/ws/batch/{task_id}") as socket:
        began = time.monotonic()
        collect = asyncio.ensure_future(all_said(socket))
        for index in range(200):
            world.coordinator.work(task_id, index)
            await asyncio.sleep(0.002)
        messages, _ = await collect
    assert {photo["index"] for message in messages for photo in message["photos"]} == set(range(200))
    assert len(messages) <= 10 * (time.monotonic() - began) + 3


async def test_two_hundred_clients_are_one_question(world: World, address: str) -> None:
    task_id = await world.submit()
    sockets = [await connect(f"ws://{address}/ws/batch/{task_id}") for _ in range(200)]
    for socket in sockets:
        await said(socket)
    await asyncio.sleep(0.3)
    world.coordinator.asked.clear()
    world.coordinator.work(task_id, 0)
    assert {(await said(socket))["photos"][0]["index"] for socket in sockets} == {0}
    assert world.coordinator.asked.count("watch") <= 2
    for socket in sockets:
        await socket.close()
    await asyncio.sleep(0.2)
    assert len(feeds(world)) == 0


async def test_a_client_that_vanishes_frees_its_place_at_once(world: World, address: str) -> None:
    task_id = await world.submit()
    socket = await connect(f"ws://{address}/ws/batch/{task_id}")
    await said(socket)
    await asyncio.sleep(0.2)
    assert len(feeds(world)) == 1
    socket.transport.abort()
    await asyncio.sleep(0.2)
    assert len(feeds(world)) == 0


async def test_close_codes(world: World, address: str) -> None:
    task_id = await world.submit()
    ahead = (await world.coordinator.get(task_id))["version"] + 1
    for path, expected in (("nope", 4404), (f"{task_id}?since=x", 4400), (f"{task_id}?since={ahead}", 4400)):
        async with connect(f"ws://{address}/ws/batch/{path}") as socket:
            assert await all_said(socket) == ([], expected)
    async with connect(f"ws://{address}/ws/batch/{task_id}") as socket:
        await said(socket)
        await asyncio.sleep(0.2)
        await world.coordinator.delete(task_id)
        assert (await all_said(socket))[1] == 4404
    world.coordinator.down = True
    async with connect(f"ws://{address}/ws/batch/{task_id}") as socket:
        assert (await all_said(socket))[1] == 1013


async def test_a_feed_outlives_a_coordinator_that_is_away(world: World, address: str) -> None:
    task_id = await world.submit()
    async with connect(f"ws://{address}/ws/batch/{task_id}") as socket:
        await said(socket)
        await asyncio.sleep(0.2)
        world.coordinator.down = True
        world.coordinator.work(task_id, 0)
        assert (await said(socket))["photos"]  # the question that was open already
        await asyncio.sleep(0.3)
        world.coordinator.down = False
        world.coordinator.work(task_id, 1)
        messages, _ = await all_said(socket)
    assert messages[-1]["type"] == "done"


async def events(address: str, path: str, **headers: str) -> AsyncIterator[dict[str, str]]:
    async with (
        httpx.AsyncClient() as http,
        http.stream("GET", f"http://{address}/api/v1/batch/{path}", headers=headers, timeout=5) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        event: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif event:
                yield event
                event = {}


async def test_the_event_stream_says_the_same_and_resumes(world: World, address: str) -> None:
    task_id = await world.submit(image_urls=urls(600))
    stream = events(address, f"{task_id}/events")
    first = await anext(stream)
    assert (first["event"], json.loads(first["data"])["type"]) == ("progress", "progress")
    assert first["id"] == str(json.loads(first["data"])["version"])
    world.coordinator.work(task_id, *range(600))
    rest = [event async for event in stream]
    assert [event["event"] for event in rest] == ["progress", "progress", "done"]
    assert ["id" in event for event in rest] == [False, True, True]  # half of a change is nothing to come back with
    again = [event async for event in events(address, f"{task_id}/events", **{"Last-Event-ID": first["id"]})]
    assert sum(len(json.loads(event["data"])["photos"]) for event in again) == 600


async def test_an_event_stream_of_a_batch_that_is_deleted_says_so(world: World, address: str) -> None:
    task_id = await world.submit()
    stream = events(address, f"{task_id}/events")
    await anext(stream)
    await asyncio.sleep(0.2)
    await world.coordinator.delete(task_id)
    [last] = [event async for event in stream]
    assert last["event"] == "error"
    assert json.loads(last["data"])["code"] == "not_found"
    assert len(feeds(world)) == 0


async def test_an_event_stream_refuses_before_it_begins(world: World) -> None:
    task_id = await world.submit()
    for query, field in (("?since=x", "since"), (f"?since={2**52}", "since")):
        answer = await world.http.get(f"/api/v1/batch/{task_id}/events{query}")
        assert (answer.status_code, answer.json()["field"]) == (422, field)
