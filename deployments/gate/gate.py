"""The gate of the application: every route needs a key, except those named here."""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from actors.messages.errors import BatchError
from deployments.gate.access import CALLER, SUBPROTOCOL, Access, Doorkeeper
from deployments.wire import problems, wire
from deployments.wire.problems import ApiError

# Open routes. All others need a key.
OPEN = frozenset({"/", "/docs", "/openapi.json", f"{wire.API}/health", f"{wire.API}/health/live"})
OPEN_BELOW = ("/docs/", "/web/", "/s/")  # a share link has a key of its own
NOT_ALLOWED, LATER = 4401, 1013


def is_open(path: str) -> bool:
    """Say whether this path is open to everybody."""
    return path in OPEN or path.startswith(OPEN_BELOW)


class Gate:
    """Lets the doorkeeper check every connection, and puts its user into the scope."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._doorkeeper = Doorkeeper(access)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on, or refuse it."""
        if scope["type"] in {"http", "websocket"} and not is_open(scope["path"]):
            try:
                scope[CALLER] = self._doorkeeper.admit(HTTPConnection(scope))
            except (ApiError, BatchError) as error:
                await _refuse(error, scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _refuse(error: ApiError | BatchError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await problems.of_error(error)(scope, receive, send)
        return
    # Accept first: a browser tells its page the code of a close, but nothing about a refused handshake.
    await receive()
    await send({"type": "websocket.accept", "subprotocol": subprotocol(scope)})
    code = LATER if error.code == "rate_limited" else NOT_ALLOWED
    await send({"type": "websocket.close", "code": code, "reason": error.code})


def subprotocol(scope: Scope) -> str | None:
    """Return the subprotocol of the answer, without the key; browsers need one if they offered some."""
    return SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None
