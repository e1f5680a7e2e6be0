"""Progress of a batch over the WebSocket, with reconnection."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Literal

from pydantic import ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from photobatch.connection import Connection
from photobatch.errors import PhotoBatchError, of_code
from photobatch.patience import Patience
from photobatch.schemas import Batch, ProgressMessage

SILENCE_S = 45.0  # the server sends something every 15 s
_LARGEST = 64 << 20  # 500 photos, each with a source of 8 KB
_REFUSED = {
    4400: (422, "invalid_request", "since is no version that this batch has reached."),
    4401: (401, "unauthorized", "The API key is missing or wrong."),
    4404: (404, "not_found", "There is no such batch; it may have been deleted or have expired."),
}
_FINAL = frozenset({301, 302, 303, 307, 308, 400, 401, 403, 404})


class ProgressEvent(ProgressMessage):
    """A change of a batch: its current state, and the photos that changed. The last one is `done`."""

    type: Literal["progress", "done"]
    version: int
    batch: Batch


class _Direct(connect):
    """Follows no redirects: the key is only for this host."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


async def follow(connection: Connection, task_id: str, since: int | None) -> AsyncGenerator[ProgressEvent, None]:
    """Yield changes of a batch until it ends, across lost connections.

    Raises UnauthorizedError, NotFoundError; UnavailableError after all retries without a connection.
    """
    patience = Patience(connection.max_retries)
    while True:
        try:
            async with aclosing(_listen(connection, task_id, since)) as events:
                async for event in events:
                    patience.success()
                    connection.reached = True
                    since = event.version
                    yield event
                    if event.type == "done":
                        return
            lost: Exception = ConnectionError("the connection was closed")
        except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake) as error:
            refusal = _refusal(error)
            if refusal is not None:
                raise refusal from None
            lost = error
        if not await patience.again(within_s=connection.within_s):
            raise connection.unreachable(lost) from lost


async def _listen(connection: Connection, task_id: str, since: int | None) -> AsyncGenerator[ProgressEvent, None]:
    address = connection.address
    query = "" if since is None else f"?since={since}"
    async with _Direct(
        address.websocket(f"/ws/batch/{task_id}{query}"),
        additional_headers=address.headers,
        subprotocols=[Subprotocol("photobatch")],
        max_size=_LARGEST,
        ping_interval=None,
        close_timeout=2.0,
    ) as socket:
        while True:
            async with asyncio.timeout(SILENCE_S):
                event = _event(await socket.recv(), since)
            if event is not None:
                yield event


def _event(told: str | bytes, since: int | None) -> ProgressEvent | None:
    """Return the event of a message, None for a ping."""
    try:
        said = ProgressMessage.model_validate_json(told)
        if said.type == "ping":
            return None
        return ProgressEvent.model_validate(said.model_dump() | {"version": said.version or since})
    except ValidationError:
        raise PhotoBatchError("unknown_answer", "The server told progress in a way that is not known here.") from None


def _refusal(error: Exception) -> PhotoBatchError | None:
    """Return the error that makes reconnecting useless, None if it may help."""
    if isinstance(error, ConnectionClosed) and error.rcvd is not None and error.rcvd.code in _REFUSED:
        status, code, detail = _REFUSED[error.rcvd.code]
        return of_code(code, detail, status)
    if isinstance(error, InvalidStatus) and error.response.status_code in _FINAL:
        status = error.response.status_code
        return of_code(f"http_{status}", f"The server refused the WebSocket with {status}.", status)
    return None
