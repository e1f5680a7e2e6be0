"""A client's own server, which hears callbacks, and one that answers nobody."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """A client's server; `answers` are the statuses of its first answers, then 200; all say `location`."""

    def __init__(
        self, port: int = 0, answers: tuple[int, ...] = (), location: str = "/elsewhere", delay_s: float = 0.0
    ) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        answer = iter(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.calls.append((dict(self.headers), body))
                time.sleep(delay_s)
                self.send_response(next(answer, 200))
                self.send_header("Location", location)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/done"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class DeadHost:
    """Accepts every connection and never answers."""

    def __init__(self) -> None:
        self.url = ""
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            while await reader.read(1000):
                pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def dead_host() -> AsyncIterator[DeadHost]:
    """A dead host on a port of its own."""
    dead = DeadHost()
    server = await asyncio.start_server(dead.serve, "127.0.0.1", 0)
    dead.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/done"
    try:
        yield dead
    finally:
        server.close()
