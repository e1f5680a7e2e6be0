"""Progress of a batch, by WebSocket and as a stream of server-sent events."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, WebSocket, WebSocketDisconnect
from sse_starlette import EventSourceResponse, ServerSentEvent

from actors.messages.errors import BatchError
from deployments.gate.gate import subprotocol
from deployments.routes.parts import Caller, Here, Parts, TaskId
from deployments.status.progress import follow, read_since
from deployments.status.update import Message
from deployments.wire import wire
from deployments.wire.codes import PROBLEMS
from deployments.wire.problems import ApiError, described, of_error

log = logging.getLogger(__name__)
router = APIRouter(tags=["progress"])

DONE, FAILED, LATER = 1000, 1011, 1013
BAD_SINCE, NO_SUCH_BATCH = 4400, 4404
_CLOSE = {
    "invalid_request": BAD_SINCE,
    "not_found": NO_SUCH_BATCH,
    "unavailable": LATER,
    "journal_unavailable": LATER,
    "journal_behind": LATER,
}
_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"type": "string", "enum": ["progress", "done", "ping", "error"]},
        "id": {"type": "string", "description": "The version after this event."},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("ProgressMessage", "Problem")]
            },
        },
    },
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `progress`, `done` (the last), `ping`, or `error` with a problem, if one comes later.",
        "content": {"text/event-stream": {"schema": _EVENT}},
    },
    **described("not_found", "invalid_request", "unavailable", "journal_unavailable", "journal_behind"),
}


@router.websocket("/ws/batch/{task_id}")
async def watch(socket: WebSocket, here: Here, caller: Caller, task_id: str, since: str | None = None) -> None:
    """Send progress until the batch ends or the client leaves; messages of the client are ignored.

    - `since` (query): the version of the last message that the client received before it reconnects.
    - Each message is a [ProgressMessage](#progressmessage) as text. The first comes at once: without `since` it has the
      batch alone, with it also every photo that changed since then.
    - Then one message for each change, at most ten a second: changes in between are combined. A message has at most
      500 photos; while `more` is true the rest follows.
    - `{"type":"ping"}` comes after 15 seconds without another message. `done` is the last message, before the close
      code 1000.
    - Close codes: 1000 done; 1011 a bug in the service; 1013 try again in a few seconds; 4400 `since` is no version of
      this batch; 4401 not allowed; 4404 no such batch (any more).
    """
    await socket.accept(subprotocol(socket.scope))
    tasks = [
        asyncio.ensure_future(_tell(socket, here, caller, task_id, since)),
        asyncio.ensure_future(_until_gone(socket)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _tell(socket: WebSocket, here: Parts, caller: str | None, task_id: str, since: str | None) -> None:
    close = DONE
    try:
        await here.owners.check(task_id, caller)
        messages = follow(here.feeds, task_id, read_since(since, "since"))
        async with contextlib.aclosing(messages):
            async for message in messages:
                await socket.send_text(message.encoded())
    except (BatchError, ApiError) as error:
        close = _CLOSE.get(error.code, FAILED)
    except WebSocketDisconnect:
        return
    except Exception:
        log.exception("telling progress failed")
        close = FAILED
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the client has just left
        await socket.close(close)


async def _until_gone(socket: WebSocket) -> None:
    """Return when the client has left; its messages are ignored."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


@router.get(f"{wire.API}/batch/{{task_id}}/events", response_class=EventSourceResponse, responses=_STREAM)
async def events(
    here: Here,
    task_id: TaskId,
    since: Annotated[
        str | None, Query(description="A version that you have: the changes since then come first.")
    ] = None,
    last_event_id: Annotated[str | None, Header(description="The same, as browsers send it.")] = None,
) -> EventSourceResponse:
    """Stream progress until the batch ends; `id` is the version. Close the stream at `done`, or it starts again."""
    resumed = read_since(last_event_id, "Last-Event-ID")
    version = read_since(since, "since") if resumed is None else resumed
    messages = follow(here.feeds, task_id, version)
    first = await anext(messages)  # before the answer begins, so that a refusal is an ordinary one
    return EventSourceResponse(_stream(first, messages), ping=0)


async def _stream(first: Message, messages: AsyncGenerator[Message, None]) -> AsyncIterator[ServerSentEvent]:
    try:
        async with contextlib.aclosing(messages):
            yield _event(first)
            async for message in messages:
                yield _event(message)
    except Exception as error:
        code = getattr(error, "code", "internal_error")
        log.info("an event stream ended: %s", code, exc_info=code not in PROBLEMS)
        yield ServerSentEvent(bytes(of_error(error).body).decode(), event="error")


def _event(message: Message) -> ServerSentEvent:
    resumable = message.type != "ping" and not message.more
    return ServerSentEvent(message.encoded(), event=message.type, id=str(message.version) if resumable else None)
