"""Answers 503 with the reason on the service's port while there is no service process."""

import json
import select
import socket
import threading
import time
from contextlib import suppress

HEALTH = b"/api/v1/health"
_PATIENCE_S = 0.5  # for the first bytes of a request, and for the client to read the answer
_DRAIN_S = 1.0  # time for reading the rest of a request
_HEAD_BYTES = 1 << 16


class StandIn:
    """Listens in a thread of its own between `begin` and `end`; one short answer at a time."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._status, self._reason = "starting", ""

    def begin(self, *, status: str, reason: str) -> None:
        """Answer from now on, with this health status and reason."""
        self._status, self._reason = status, reason
        if self._thread is None:
            self._over.clear()
            self._thread = threading.Thread(target=self._run, name="stand-in", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Stop answering."""
        if self._thread is not None:
            self._over.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._over.is_set():
            ready, _, _ = select.select([self._listener], [], [], 0.1)
            with suppress(OSError):  # another process took the connection, or it was closed
                if ready:
                    connection, _ = self._listener.accept()
                    with connection:
                        self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE_S)
        head = connection.recv(_HEAD_BYTES)
        path = head.split(b" ", 2)[1].partition(b"?")[0] if head.count(b" ") > 1 else b""
        if path == HEALTH:
            body, kind = self._health(), "application/json"
        else:
            body, kind = self._problem(), "application/problem+json"
        lines = (
            "HTTP/1.1 503 Service Unavailable",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            "Retry-After: 2",
            "Cache-Control: no-store",
            "Connection: close",
        )
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if head.startswith(b"HEAD ") else body))
        connection.shutdown(socket.SHUT_WR)
        until = time.monotonic() + _DRAIN_S
        while time.monotonic() < until and connection.recv(_HEAD_BYTES):
            continue  # closing with unread data would cancel the answer

    def _health(self) -> bytes:
        told = {"status": self._status, "code": "starting", "reason": self._reason, "workers": None}
        return json.dumps(told | {"journal": "unavailable", "blobs": "unavailable", "version": ""}).encode()

    def _problem(self) -> bytes:
        detail = f"The service is being started; try again in a few seconds. ({self._reason})"
        told = {"type": "about:blank", "title": "Service Unavailable", "status": 503}
        return json.dumps(told | {"code": "unavailable", "detail": detail}).encode()
