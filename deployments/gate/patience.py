"""Requests whose body trickles are not waited for, and bodies held in memory have limits, each and all together."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.gate.access import CALLER
from deployments.wire import body_budget, wire
from deployments.wire.body_budget import BodyBudget
from deployments.wire.json_pieces import LARGEST

# Routes that read their body piece by piece and know how much of it they want. The others get it whole.
BY_THEMSELVES = frozenset({f"{wire.API}/{path}" for path in ("batch/submit", "uploads", "luts")})
MAX_BYTES = LARGEST  # what such a body is parsed as, in one call
GRACE_S = 60.0  # that we wait in all for a client that sends nothing; what it sends makes up for it
SLOWEST = 2 << 10  # bytes that make up for a second; a phone at the edge of its network sends ten times that
CLOSE = {"Connection": "close"}  # what it still has to say is not for us


class Patience:
    """Ends requests that take too long to arrive (`408 too_slow`) or would fill the memory (`413`, `503 busy`).

    Only the time counts in which we wait for them. However fast a client was, it has never more than GRACE_S left: so
    over any time longer than that it sends SLOWEST bytes a second.
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
            await self._app(scope, self._watched(scope["path"] in BY_THEMSELVES, share, receive), send)

    def _watched(self, by_itself: bool, share: body_budget.Share, receive: Receive) -> Receive:
        """Return what receives a request, and ends it in time."""
        now = asyncio.get_running_loop().time
        left, room, complete = GRACE_S, MAX_BYTES, False

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
            left = min(GRACE_S, left + size / SLOWEST - (now() - began))
            if not by_itself:
                room -= size
                if room < 0:
                    raise HTTPException(413, headers=CLOSE)
                share.hold(size)
            complete = not message.get("more_body", False)
            return message

        return received
