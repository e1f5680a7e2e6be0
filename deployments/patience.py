"""Requests whose body trickles are not waited for. HAProxy ends those of clients that say nothing at all."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments import wire

# Routes that read their body piece by piece and know how much of it they want. The others get it whole.
BY_THEMSELVES = frozenset({f"{wire.API}/{path}" for path in ("batch/submit", "uploads", "luts")})
MAX_BYTES = 1 << 20
GRACE_S = 60.0  # in which nothing is asked of a client
SLOWEST = 2 << 10  # bytes a second, from then on, on the whole; a phone at the edge of its network has ten times that
CLOSE = {"Connection": "close"}  # what it still has to say is not for us


class Patience:
    """Ends requests that take too long to arrive (`408 too_slow`) or would fill the memory (`413 too_large`).

    Only the time counts in which we wait for them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        now = asyncio.get_running_loop().time
        left, room, complete = GRACE_S, float("inf") if scope["path"] in BY_THEMSELVES else MAX_BYTES, False

        async def received() -> Message:
            nonlocal left, room, complete
            if complete:
                return await receive()  # that the client leaves may take as long as it likes
            began = now()
            try:
                async with asyncio.timeout(left):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers=CLOSE) from None
            size = len(message.get("body", b""))
            left += size / SLOWEST - (now() - began)
            room -= size
            if room < 0:
                raise HTTPException(413, headers=CLOSE)
            complete = not message.get("more_body", False)
            return message

        await self._app(scope, received, send)
