"""The gate of the application: nothing behind it is reached without a key, but what is named here."""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from actors.messages.errors import BatchError
from deployments.gate.access import CALLER, SUBPROTOCOL, Access, Doorkeeper
from deployments.wire import problems, wire
from deployments.wire.problems import ApiError

# What needs no key. A route that is not named here needs one.
OPEN = frozenset({"/", "/docs", "/openapi.json", f"{wire.API}/health", f"{wire.API}/health/live"})
OPEN_BELOW = ("/docs/", "/web/", "/s/")  # who has a share's key needs no other
NOT_ALLOWED, LATER = 4401, 1013


def is_open(path: str) -> bool:
    """Say whether everybody may ask for what is at this path."""
    return path in OPEN or path.startswith(OPEN_BELOW)


class Gate:
    """Asks the doorkeeper about every connection, and notes whose it is in its scope."""

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
    # Accepted first: of a handshake that is refused a browser tells its page nothing, of a close it tells the code.
    await receive()
    await send({"type": "websocket.accept", "subprotocol": subprotocol(scope)})
    code = LATER if error.code == "rate_limited" else NOT_ALLOWED
    await send({"type": "websocket.close", "code": code, "reason": error.code})


def subprotocol(scope: Scope) -> str | None:
    """Return the subprotocol to answer with: one without the key, which browsers insist on when they offered some."""
    return SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None
