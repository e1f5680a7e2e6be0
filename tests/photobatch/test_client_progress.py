"""Progress from a WebSocket that falls silent, closes early, or says what nobody understands."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from photobatch import AsyncPhotoBatch, InvalidRequestError, PhotoBatchError, UnavailableError, progress
from photobatch.schemas import ProgressMessage
from tests.photobatch.scripted_service import BATCH

Say = Callable[[ServerConnection, int], Coroutine[Any, Any, None]]


def message(kind: str, version: int) -> str:
    return ProgressMessage(type=kind, version=version, batch=BATCH).model_dump_json()  # type: ignore[arg-type]


@asynccontextmanager
async def talking(say: Say, **options: Any) -> AsyncIterator[tuple[AsyncPhotoBatch, list[str]]]:
    """A server that `say` speaks for, by the number of the connection; the client, and the paths that it asked for."""
    paths: list[str] = []

    async def talk(socket: ServerConnection) -> None:
        assert socket.request is not None
        paths.append(socket.request.path)
        await say(socket, len(paths))

    async with serve(talk, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with AsyncPhotoBatch(f"http://127.0.0.1:{port}", **options) as client:
            yield client, paths


async def test_silence_means_that_the_connection_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SILENCE_S", 0.2)

    async def say(socket: ServerConnection, connection: int) -> None:
        await socket.send(message("progress", 7))
        if connection > 1:
            await socket.send('{"type":"ping"}')
            await socket.send(message("done", 9))
        await socket.wait_closed()

    async with talking(say) as (client, paths):
        told = [(event.type, event.version) async for event in client.batch("b1").progress()]
    assert told == [("progress", 7), ("progress", 7), ("done", 9)]
    assert paths == ["/ws/batch/b1", "/ws/batch/b1?since=7"]


@pytest.mark.parametrize("code", [1000, 1011, 1013])
async def test_a_close_before_the_end_is_no_end(code: int) -> None:
    async def say(socket: ServerConnection, connection: int) -> None:
        if connection > 2:
            await socket.send(message("done", 9))
        await socket.close(code)

    async with talking(say) as (client, paths):
        assert (await client.batch("b1").wait()).task_id == "b1"
    assert len(paths) == 3


async def test_a_connection_that_never_lasts_is_given_up() -> None:
    async def say(socket: ServerConnection, connection: int) -> None:
        await socket.close(1011)

    async with talking(say, max_retries=2) as (client, paths):
        with pytest.raises(UnavailableError):
            await client.batch("b1").wait()
    assert len(paths) > 1


async def test_what_nobody_understands_is_told() -> None:
    async def say(socket: ServerConnection, connection: int) -> None:
        await socket.send("<html>")

    async with talking(say) as (client, _):
        with pytest.raises(PhotoBatchError, match="unknown_answer"):
            await client.batch("b1").wait()


async def test_a_version_that_is_yet_to_come_is_refused() -> None:
    async def say(socket: ServerConnection, connection: int) -> None:
        await socket.close(4400)

    async with talking(say) as (client, _):
        with pytest.raises(InvalidRequestError, match="since"):
            _ = [event async for event in client.batch("b1").progress(since=10**9)]
