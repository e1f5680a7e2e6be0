"""Clients that trickle: they are given up, and nobody else notices."""

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from benchmarks.server import Server

HEAD = "POST /api/v1/uploads?name=a.jpg HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n"


@pytest.fixture
def lines(server: Server) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 5)) for _ in range(200)]


@pytest.mark.slow
@pytest.mark.parametrize("first", [HEAD.encode(), b"GET /"], ids=["bodies", "heads"])
def test_two_hundred_trickling_clients_are_given_up_and_hurt_nobody(
    server: Server, lines: list[socket.socket], first: bytes
) -> None:
    for line in lines:
        line.sendall(first)
        line.setblocking(False)
    open_, until = set(lines), time.monotonic() + 150
    while open_ and time.monotonic() < until:
        for line in list(open_):
            try:
                line.send(b"x")
                if line.recv(4096) == b"":
                    open_.discard(line)
            except BlockingIOError:
                continue
            except ConnectionError:
                open_.discard(line)
        assert server.http.get("/api/v1/health").status_code == 200
        time.sleep(1)
    assert not open_
