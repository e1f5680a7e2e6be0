"""Photos as `image_urls`: a web server, and the client that names them there."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.servers.clients import EmbeddedClient  # first: it prepares the environment

# ruff: noqa: I001
import ray


def address() -> str:
    """Return the address for serving photos: loopback, or the node's address when this is a job on a cluster."""
    if "RAY_ADDRESS" not in os.environ:
        return "127.0.0.1"
    ours: str = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
    return ours


class HostedClient:
    """Photos of one folder as `http:` sources of an engine; the server's own work is part of the measurement."""

    def __init__(self, client: EmbeddedClient) -> None:
        self._client = client
        self._servers: dict[Path, ThreadingHTTPServer] = {}

    def run(self, preset: str, photos: list[Path]) -> float:
        """Return the seconds that a batch takes."""
        folder = photos[0].parent
        if folder not in self._servers:
            server = ThreadingHTTPServer((address(), 0), partial(_Quiet, directory=str(folder)))
            threading.Thread(target=server.serve_forever, name="photos", daemon=True).start()
            self._servers[folder] = server
        root = f"http://{address()}:{self._servers[folder].server_port}"
        return self._client.follow(preset, [f"{root}/{photo.name}" for photo in photos])

    def close(self) -> None:
        """Stop serving."""
        for server in self._servers.values():
            server.shutdown()
            server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections, like real hosts

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def hosting(client: EmbeddedClient) -> Iterator[HostedClient]:
    """Serve the folder of a batch's photos until the end of the block."""
    hosted = HostedClient(client)
    try:
        yield hosted
    finally:
        hosted.close()
