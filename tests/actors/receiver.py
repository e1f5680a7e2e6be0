"""A client's own server, which hears callbacks."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """A client's server; `answers` are the statuses of its first answers, then 200; all say `location`."""

    def __init__(self, port: int = 0, answers: tuple[int, ...] = (), location: str = "/elsewhere") -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        answer = iter(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.calls.append((dict(self.headers), body))
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
