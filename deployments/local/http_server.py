"""The HTTP server of `photobatch serve`: uvicorn, with time-outs and limits for which it has no settings.

docs/security.md describes them under "Slow clients, large bodies". `deployments/gate/patience.py` limits bodies.
"""

import asyncio
import contextlib
import logging
import resource
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from sse_starlette.sse import AppStatus
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 30.0  # time for the head of a request
SILENCE_S = 90  # between two requests of a connection, and without acknowledgement of sent data
MAX_HEAD_BYTES = 64 << 10
MAX_CONNECTIONS = 10_000
OTHER_FILES = 500  # open files of the process besides its connections
MAX_MESSAGE_BYTES = 64 << 10  # of a WebSocket; messages of clients are ignored
STOP_S = 2.0  # time for running answers to finish


class BoundedProtocol(HttpToolsProtocol):
    """Closes connections whose request head (or trailer) is too slow or too large."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._head: asyncio.TimerHandle | None = None
        self._unparsed = 0  # bytes since the parser last completed a head, a piece of a body or a request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own signature
        """Start the timer for the first head."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse data, and refuse a head or trailer that is too long."""
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed > MAX_HEAD_BYTES + len(data):
            self._refuse(b"431 Request Header Fields Too Large")
        elif self._head is None and not self._answering():
            # Bytes between two requests, or of an unread body: they have stopped uvicorn's own timer.
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """Start the timer for this head: its first byte has come."""
        self._wait_for_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the head is complete."""
        self._head_is_here()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Note a piece of the body."""
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note the end of a request."""
        self._unparsed = 0
        super().on_message_complete()

    def _wait_for_head(self) -> None:
        self._head_is_here()
        self._head = self.loop.call_later(HEAD_S, self._head_is_late)

    def _head_is_late(self) -> None:
        if self._answering():  # a pipelined request, sent before this answer has ended
            self._wait_for_head()
        else:
            self._refuse(b"408 Request Timeout")

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _head_is_here(self) -> None:
        self._unparsed = 0
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _refuse(self, status: bytes) -> None:
        self._head_is_here()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()


class HttpServer(uvicorn.Server):
    """Serves an application on an existing socket; its process handles signals."""

    def __init__(self, api: ASGIApp) -> None:
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        connections = MAX_CONNECTIONS if files == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, files - OTHER_FILES)
        super().__init__(
            uvicorn.Config(
                api,
                loop="uvloop",
                http=BoundedProtocol,
                ws="websockets-sansio",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,  # the application uses no proxy headers
                server_header=False,
                timeout_keep_alive=SILENCE_S,
                timeout_graceful_shutdown=int(STOP_S),
                limit_concurrency=connections,
                ws_max_size=MAX_MESSAGE_BYTES,
                ws_per_message_deflate=False,  # its buffers take 300 KB for each of thousands of connections
            )
        )

    def stop(self) -> None:
        """Accept no more requests; streams end now, other answers may take STOP_S."""
        AppStatus.should_exit = True  # as sse-starlette's own signal handler does
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # no traceback for each interrupted answer
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises OSError. Accepted connections inherit its options."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux closes a connection whose client takes nothing for this long
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_S * 1000)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def allow_connections() -> None:
    """Raise this process's limit of open files; each connection is one."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MAX_CONNECTIONS if most == resource.RLIM_INFINITY else min(most, 2 * MAX_CONNECTIONS)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
