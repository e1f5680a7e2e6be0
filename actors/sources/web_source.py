"""Photos from http(s) addresses: every hop is checked at connect time, and received bytes are counted."""

import asyncio
from urllib.parse import urljoin

import httpcore

from actors.messages.errors import SourceError
from actors.sources.network import CheckedNetwork
from actors.sources.web_address import web_address

MAX_REDIRECTS = 5
CONNECT_S = 10.0
STALL_S = 30.0  # between two pieces
ANSWER_S = 60.0  # until the answer has begun
SLOWEST = 8 << 10  # bytes a second from then on; a slow host would occupy one of a worker's few fetchers
SEVERAL_TIMES = frozenset({408, 425, 429, *range(500, 600)})  # answers that may be different later


class BrokenError(SourceError):
    """The connection broke, or never came about."""


class WebSource:
    """Fetches whole photos. Proxies from the environment are not used.

    Connections are kept for the next photo. A connection that its host has closed, or on which it sent too much, fails
    only at its next use. Then the photo is requested once more, on a new connection.
    """

    def __init__(self, max_bytes: int, allowed_hosts: frozenset[str]) -> None:
        self._max_bytes = max_bytes
        network = CheckedNetwork(allowed_hosts)
        self._kept = httpcore.AsyncConnectionPool(network_backend=network, max_connections=8, keepalive_expiry=15.0)
        self._fresh = httpcore.AsyncConnectionPool(network_backend=network, max_keepalive_connections=0)

    async def fetch(self, url: str) -> bytes:
        """Return the body; raises SourceError."""
        for _ in range(MAX_REDIRECTS + 1):
            try:
                answer = await self._get(self._kept, url)
            except BrokenError:
                answer = await self._get(self._fresh, url)
            if isinstance(answer, bytes):
                return answer
            url = answer
        raise SourceError("too_many_redirects", f"The address redirects more than {MAX_REDIRECTS} times.")

    async def _get(self, pool: httpcore.AsyncConnectionPool, url: str) -> bytes | str:
        """Return the body, or the address that it redirects to; raises BrokenError, SourceError."""
        timeouts = {"connect": CONNECT_S, "read": STALL_S, "write": STALL_S, "pool": STALL_S}
        headers: list[tuple[bytes | str, bytes | str]] = [
            ("User-Agent", "photobatch"),
            ("Accept", "image/*, */*;q=0.1"),
            ("Accept-Encoding", "identity"),
        ]
        address = web_address(url)
        try:
            async with asyncio.timeout(ANSWER_S) as patience:
                async with pool.stream("GET", address, headers=headers, extensions={"timeout": timeouts}) as response:
                    body = await self._read(response, patience)
                    return body if isinstance(body, bytes) else urljoin(url, body)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise SourceError("source_timeout", "The host of the photo answers too slowly.", True) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise BrokenError("fetch_failed", "The photo could not be fetched: the connection broke.", True) from error
        except (UnicodeError, ValueError) as error:  # in the address of the redirect
            raise SourceError("invalid_source", "The address of the photo is not a valid URL.") from error

    async def _read(self, response: httpcore.Response, patience: asyncio.Timeout) -> bytes | str:
        headers = {name.lower(): value for name, value in response.headers}
        if response.status in {301, 302, 303, 307, 308} and b"location" in headers:
            return headers[b"location"].decode()
        if response.status != 200:
            code = "source_not_found" if response.status in {404, 410} else "fetch_failed"
            detail = f"The host of the photo answered {response.status}; check that the address is public and right."
            raise SourceError(code, detail, response.status in SEVERAL_TIMES)
        if headers.get(b"content-encoding", b"identity") != b"identity":
            raise SourceError("fetch_failed", "The host sent the photo compressed although it was asked not to.")
        body, began = bytearray(), asyncio.get_running_loop().time()
        async for piece in response.aiter_stream():
            body += piece
            patience.reschedule(began + STALL_S + len(body) / SLOWEST)
            if len(body) > self._max_bytes:
                raise SourceError("too_large", f"The photo is larger than {self._max_bytes >> 20} MB.")
        expected = headers.get(b"content-length")
        if expected is not None and expected.isdigit() and int(expected) != len(body):
            raise SourceError("fetch_failed", "The photo arrived incomplete.", True)
        return bytes(body)
