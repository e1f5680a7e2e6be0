"""A host of photos that misbehaves in the way that the path names: `/WAY/NUMBER.jpg`."""

import socket
import socketserver
import threading
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from benchmarks.faults.photos import SmallPhotos

FAILS_FIRST = 2  # number of failing requests before a good answer; fewer than a photo's tries

# The expected outcome of a photo: None for success, else the code of its error.
WAYS: dict[str, str | None] = {
    "plain": None,
    "slow": None,  # half a second to two until it is through
    "late": None,  # 503 at first
    "torn": None,  # cut half-way at first
    "redirect": None,
    "cut": "fetch_failed",  # half-way, always
    "long": "fetch_failed",  # Content-Length is larger than the body
    "short": "truncated",  # Content-Length is smaller: the rest does not belong to the photo
    "missing": "source_not_found",
    "loop": "too_many_redirects",
    "inward": "blocked_address",  # redirects to a host that is not allowed
    "nothing": "empty_file",
    "page": "unsupported_media",  # 200, and a web page
    "refused": "fetch_failed",  # nobody listens there
}


class PhotoHost:
    """Serves `photos` on a port of 127.0.0.1 until the end of the block."""

    def __init__(self, photos: SmallPhotos) -> None:
        self._server = _Server(photos)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="host", daemon=True)
        self._closed = socket.socket()  # bound but not listening, so that connections are refused
        self._closed.bind(("127.0.0.1", 0))

    def __enter__(self) -> "PhotoHost":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._closed.close()

    def url(self, way: str, number: int) -> str:
        """Return the address of a photo."""
        listens = self._closed if way == "refused" else self._server.socket
        return f"http://127.0.0.1:{listens.getsockname()[1]}/{way}/{number}.jpg"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, photos: SmallPhotos) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.photos = photos
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: killed clients break their connections."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: socketserver.BaseServer

    def do_GET(self) -> None:
        """Answer in the way that the path names."""
        house = self.server
        if not isinstance(house, _Server):
            raise TypeError("this handler serves no other server")
        way, _, name = self.path.strip("/").partition("/")
        number = int(name.partition(".")[0])
        with house.lock:
            house.asked[self.path] += 1
            first_ones = house.asked[self.path] <= FAILS_FIRST
        with suppress(ConnectionError):
            self._answer(way, number, house.photos, first_ones=first_ones)

    def _answer(self, way: str, number: int, photos: SmallPhotos, *, first_ones: bool) -> None:
        if way in {"redirect", "loop", "inward"}:
            targets = {"redirect": f"/plain/{number}.jpg", "loop": self.path, "inward": "http://10.255.255.1/a.jpg"}
            self._head(302, 0, location=targets[way])
        elif way == "missing":
            self._head(404, 0)
        elif way == "late" and first_ones:
            self._head(503, 0)
        elif way == "nothing":
            self._head(200, 0)
        elif way == "page":
            page = b"<!doctype html><title>no photo</title>" + str(number).encode()
            self._head(200, len(page))
            self.wfile.write(page)
        else:
            self._send(way, photos.jpeg(number), first_ones=first_ones)

    def _send(self, way: str, body: bytes, *, first_ones: bool) -> None:
        half = len(body) // 2
        claimed = {"long": len(body) + 1000, "short": half}.get(way, len(body))
        self._head(200, claimed)
        if way == "slow":
            for piece in range(0, len(body), len(body) // 8 + 1):
                self.wfile.write(body[piece : piece + len(body) // 8 + 1])
                time.sleep(0.06 + len(body) % 19 / 100)
        elif way == "cut" or (way == "torn" and first_ones):
            self.wfile.write(body[:half])
        else:
            self.wfile.write(body)
        self.close_connection = way in {"cut", "torn", "long", "short"}

    def _head(self, status: int, length: int, location: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        if location is not None:
            self.send_header("Location", location)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
