"""Clients that are slow, endless or many: they are given up, and nobody else notices. docs/security.md promises it."""

import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import simplejpeg

from benchmarks.server import Server
from tests.service.deployed import Deployed

MANY = 9_000


def line(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), 5)


def healthy(server: Server) -> bool:
    return httpx.get(f"{server.url}/api/v1/health/live", timeout=10.0).status_code == 200


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Endless: ",
        b"GET /",
        b"POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ",
    ],
    ids=["header", "path", "trailer"],
)
def test_a_head_without_end_is_refused(server: Server, first: bytes) -> None:
    with line(server) as client, contextlib.suppress(ConnectionError):
        client.sendall(first)
        for _ in range(1000):
            client.sendall(b"x" * 10_000)
        pytest.fail("10 MB of it were taken")
    assert healthy(server)


@pytest.mark.slow
@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nHost: loc"], ids=["nothing", "half a head"])
def test_a_head_that_does_not_come_is_given_up(server: Server, first: bytes) -> None:
    with line(server) as client:
        client.sendall(first)
        client.settimeout(60)
        began = time.monotonic()
        said = client.recv(1000)
        assert said.startswith(b"HTTP/1.1 408") or said == b""
        assert 20 < time.monotonic() - began < 50


@pytest.mark.slow
@pytest.mark.parametrize(
    ("request_", "then"),
    [
        (b"GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\r\n"),
        (b"GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n", b"x"),
    ],
    ids=["line breaks", "a body that nobody wants"],
)
def test_a_connection_is_not_held_between_two_requests(server: Server, request_: bytes, then: bytes) -> None:
    with line(server) as client:
        client.settimeout(120)
        client.sendall(request_)
        assert client.recv(10_000).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < began + 100:
                client.sendall(then)
                client.settimeout(2)
                try:
                    if client.recv(10_000) == b"":
                        break
                except TimeoutError:
                    continue
        assert time.monotonic() - began < 95


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A JPEG that fits into no socket's buffer."""
    noise = np.random.default_rng(1).integers(0, 256, (4000, 4000, 3), dtype=np.uint8)
    return bytes(simplejpeg.encode_jpeg(noise, 100, colorsubsampling="444"))


@pytest.mark.slow
def test_a_client_that_takes_nothing_is_given_up(server: Server, large: bytes, tmp_path: Path) -> None:
    sent = server.http.post("/api/v1/uploads", params={"name": "large.jpg"}, content=large)
    assert len(large) > 20_000_000
    task = server.submit(image_urls=[sent.json()["source"]], preset_id="filter_warm")["task_id"]
    assert server.ended(task)["counts"]["succeeded"] == 1
    path = f"/api/v1/batch/{task}/photos/0/original"
    with line(server) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(120)  # the silence that is promised to be the end, and half a minute
        taken = 0
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(1 << 20):
                taken += len(piece)
        assert taken < len(large)
    assert server.http.get(path).content == large


@pytest.fixture
def files() -> Iterator[None]:
    """As many files as this process may have open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.slow
@pytest.mark.usefixtures("files")
def test_thousands_of_connections_keep_nobody_out(server: Server) -> None:
    # HAProxy takes a third of the files that it may have open.
    many = MANY // 3 if isinstance(server, Deployed) else MANY
    with contextlib.ExitStack() as stack:
        for _ in range(many):
            stack.enter_context(line(server)).sendall(b"GET / HT")
        assert healthy(server)
        assert server.http.get("/api/v1/batch").status_code == 200
    assert healthy(server)
