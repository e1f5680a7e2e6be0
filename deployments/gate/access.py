"""Authentication: which user a request belongs to, and whether it is allowed."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from deployments.gate.api_keys import ApiKeys
from deployments.gate.rate import Rate
from deployments.wire.problems import ApiError

ANONYMOUS = "anonymous"
SUBPROTOCOL = "photobatch"
KEY_SUBPROTOCOL = f"{SUBPROTOCOL}.key."  # the only header that browsers let a page set on a WebSocket
CALLER = "photobatch.caller"  # key of the user in a connection's scope
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use the service. Without keys everybody who reaches it may do everything, under any name."""

    keys: ApiKeys | None = None
    origins: frozenset[str] = frozenset()  # of foreign pages that may use the service
    rate_limit: float | None = None  # requests a second of one user


class Doorkeeper:
    """Admits or refuses each connection."""

    def __init__(self, access: Access) -> None:
        self._keys = access.keys
        self._origins = access.origins
        self._hosts = {urlsplit(origin).netloc for origin in access.origins}
        self._rate = Rate(access.rate_limit) if access.rate_limit else None

    def admit(self, connection: HTTPConnection) -> str | None:
        """Return the user of a connection's key, None if the service has no keys; raises ApiError, BatchError."""
        self._check_host(connection.headers.get("host", ""))
        self._check_origin(connection)
        if self._keys is None:
            return None
        user = self._keys.user_of(_key(connection) or "")
        if user is None:
            detail = "This needs an API key that is known here: send Authorization: Bearer KEY, or X-API-Key: KEY."
            raise ApiError("unauthorized", detail)
        if self._rate is not None:
            self._rate.count(user)
        return user

    def _check_host(self, host: str) -> None:
        """Refuse host names that an attacker may have bound to our address (DNS rebinding).

        With keys this is not needed, because the attacker's page has none. An IP address or a name without dots is
        safe.
        """
        if self._keys is not None or not host or host.lower() in self._hosts:
            return
        if not _is_ours(host):
            detail = (
                "This service has no API keys and does not answer to this name; if it is yours, list its origin "
                "(http://NAME:PORT, as browsers show it) in BATCH_CORS_ORIGINS."
            )
            raise ApiError("forbidden_host", detail)

    def _check_origin(self, connection: HTTPConnection) -> None:
        """Refuse changes and WebSockets requested by foreign pages. Clients that are not browsers send no Origin."""
        origin = connection.headers.get("origin")
        changes = connection.scope["type"] == "websocket" or connection.scope["method"] in _CHANGING
        if origin is None or not changes or origin.lower() in self._origins:
            return
        _, _, place = origin.lower().partition("://")  # ignore the scheme: a proxy in front may change it
        if place != connection.headers.get("host", "").lower():
            detail = "A page of another origin asked for this; its origin is not listed in BATCH_CORS_ORIGINS."
            raise ApiError("forbidden_origin", detail)


def on_behalf(caller: str | None, said: str | None) -> str | None:
    """Return the user of a request: with keys the user of the key, else the user that it names.

    Raises ApiError `forbidden` if it names another user; clients say `anonymous` by default.
    """
    if caller is None:
        return said
    if said not in {None, ANONYMOUS, caller}:
        raise ApiError("forbidden", "user_id is not whom your API key stands for; leave it out.", "user_id")
    return caller


def _key(connection: HTTPConnection) -> str | None:
    """Return the key of a connection. It is never read from the address, because addresses end up in logs."""
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if key := connection.headers.get("x-api-key"):
        return key.strip()
    for offered in connection.scope.get("subprotocols", ()):
        if offered.startswith(KEY_SUBPROTOCOL):
            return str(offered.removeprefix(KEY_SUBPROTOCOL))
    return None


def _is_ours(host: str) -> bool:
    """Say whether only our own network can use this host name: an IP address, or a name without dots."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if "." not in name.rstrip(".") or name.endswith(".localhost"):
            return True
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
