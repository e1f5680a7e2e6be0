"""Limits for bodies: a least speed, a largest size, and a total for all bodies in memory."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.gate.access import CALLER
from deployments.wire import body_budget
from deployments.wire.body_budget import BodyBudget
from deployments.wire.json_pieces import LARGEST

MAX_BYTES = LARGEST  # of a body that nobody reads in pieces (`bodies.pieces`): it is parsed in one call
GRACE_S = 60.0  # total waiting time for a client; received bytes win time back
SLOWEST = 2 << 10  # bytes that win back a second; a phone with bad reception sends ten times that
CLOSE = {"Connection": "close"}  # do not read the rest


class Patience:
    """Ends requests that take too long to arrive (`408 too_slow`) or would fill the memory (`413`, `503 busy`).

    Only time spent waiting for the client counts. A client never has more than GRACE_S left, however fast it was
    before. So over any longer time it must send SLOWEST bytes a second.
    """

    def __init__(self, app: ASGIApp, budget: BodyBudget | None = None) -> None:
        self._app = app
        self._budget = budget or BodyBudget()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._budget.share(scope.get(CALLER)) as share:
            body_budget.put(scope, share)
            await self._app(scope, self._watched(share, receive), send)

    def _watched(self, share: body_budget.Share, receive: Receive) -> Receive:
        """Return a `receive` that ends the request at its limits."""
        now = asyncio.get_running_loop().time
        left, room, complete = GRACE_S, MAX_BYTES, False

        async def received() -> Message:
            nonlocal left, room, complete
            if complete:
                return await receive()  # waiting for the client to leave has no time limit
            began = now()
            try:
                async with asyncio.timeout(left):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers=CLOSE) from None
            size = len(message.get("body", b""))
            left = min(GRACE_S, left + size / SLOWEST - (now() - began))
            if not share.in_pieces:
                room -= size
                if room < 0:
                    raise HTTPException(413, headers=CLOSE)
                share.hold(size)
            complete = not message.get("more_body", False)
            return message

        return received
