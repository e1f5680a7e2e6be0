"""The network backend for clients' addresses: every connection is checked when it is made."""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpcore

from actors.messages.errors import SourceError
from actors.sources.addresses import is_public
from actors.sources.web_address import AllowedHosts

RESOLVERS = 64  # threads, started on demand
FIRST_S = 2.0  # time-out for an address while others are left to try


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Resolves a name once, refuses addresses that are not public, and connects to exactly a checked address."""

    def __init__(self, allowed_hosts: frozenset[str]) -> None:
        self._allowed = AllowedHosts(allowed_hosts)
        self._network = httpcore.AnyIOBackend()
        # Threads of its own: a name server that does not answer occupies a thread for longer than the caller waits, and
        # the event loop's threads are needed for the disk.
        self._resolvers = ThreadPoolExecutor(RESOLVERS, "resolver")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect; raises SourceError `unknown_host`, `blocked_address`, and httpcore's errors."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._resolvers, _look_up, host, port)
        except (socket.gaierror, UnicodeError) as error:
            temporary = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
            raise SourceError(
                "unknown_host", f"There is no host named {host}; check the address.", temporary
            ) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self._allowed.allow(host, port) and not all(is_public(address) for address in addresses):
            raise SourceError("blocked_address", f"{host} is not on the public internet; only such hosts may be named.")
        for address in addresses[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):  # IPv6 may not work here
                return await self._network.connect_tcp(address, port, FIRST_S, local_address, socket_options)
        return await self._network.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait, between httpcore's own retries."""
        await asyncio.sleep(seconds)


def _look_up(host: str, port: int) -> list[tuple[Any, ...]]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
