"""Clients that are slow, endless or many: they are given up, and nobody else notices. docs/security.md promises it."""

import contextlib
import resource
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import numpy as np
import pytest
import simplejpeg

from benchmarks.servers.deployed import Deployed
from benchmarks.servers.server import Server

MANY = 9_000
TRICKLING = 200
LONGEST_S = 150.0
UPLOAD = b"POST /api/v1/uploads?name=a.jpg HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
LIVE = b"GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\n"


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


def until_closed(server: Server, first: bytes, then: bytes = b"", lines: int = 1) -> float:
    """Seconds until the server has closed every one of some connections, which say `then` each second."""
    with contextlib.ExitStack() as stack:
        left = {stack.enter_context(line(server)) for _ in range(lines)}
        began = time.monotonic()
        for client in left:
            client.sendall(first)
            client.setblocking(False)
        while left and time.monotonic() < began + LONGEST_S:
            left = {client for client in left if is_open(client, then)}
            time.sleep(1)
        return time.monotonic() - began


def is_open(client: socket.socket, then: bytes) -> bool:
    try:
        client.send(then)
        return client.recv(10_000) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def taking_nothing(server: Server, large: bytes) -> int:
    """How many bytes of a large file come to a client that takes none of them for two minutes."""
    sent = httpx.post(f"{server.url}/api/v1/uploads?name=large.jpg", content=large, timeout=60.0)
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
    assert server.http.get(path).content == large, "others get it whole"
    return taken


@pytest.mark.slow
def test_slow_clients_are_given_up_and_hurt_nobody(server: Server) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (4000, 4000, 3), dtype=np.uint8)
    large = bytes(simplejpeg.encode_jpeg(noise, 100, colorsubsampling="444"))  # fits into no socket's buffer
    wait = partial(until_closed, server)
    cases: dict[str, Callable[[], float]] = {
        "nothing": partial(wait, b""),
        "half a head": partial(wait, b"GET / HTTP/1.1\r\nHost: loc"),
        "a trickling head": partial(wait, b"GET /", b"x", TRICKLING),
        "a trickling body": partial(wait, UPLOAD, b"x", TRICKLING),
        "line breaks after an answer": partial(wait, LIVE + b"\r\n", b"\r\n"),
    }
    if not isinstance(server, Deployed):  # HAProxy takes such a body for as long as it trickles
        cases["a body that nobody wants"] = partial(wait, LIVE + b"Content-Length: 1000000000\r\n\r\n", b"x")
    with ThreadPoolExecutor(len(cases) + 1) as clients:
        taking = clients.submit(taking_nothing, server, large)
        waiting = {name: clients.submit(case) for name, case in cases.items()}
        while not taking.done() or not all(one.done() for one in waiting.values()):
            assert healthy(server)
            time.sleep(1)
    took = {name: round(one.result()) for name, one in waiting.items()}
    assert [name for name, seconds in took.items() if seconds > LONGEST_S - 10] == [], took
    assert [took[name] for name in ("nothing", "half a head", "a trickling head") if took[name] > 60] == []
    assert taking.result() < len(large)


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
