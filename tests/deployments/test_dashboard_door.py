"""Whoever knocks where the dashboard would be has it started, once, and is passed on."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deployments.dashboard_door import DashboardDoor


@contextmanager
def echo() -> Iterator[int]:
    """A server that says everything back in capitals."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    while data := connection.recv(1000):
                        connection.sendall(data.upper())

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def said_back(port: int, text: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(1000):
            answer += data
        return answer


def test_it_starts_once_and_when_somebody_knocks() -> None:
    starts: list[int] = []
    with echo() as port:

        def start() -> int:
            starts.append(port)
            return port

        door = DashboardDoor(start)
        door.open()
        assert starts == []
        assert said_back(door.port, b"hello") == b"HELLO"
        assert said_back(door.port, b"again" * 100_000) == b"AGAIN" * 100_000
        assert starts == [port]


def test_one_that_did_not_start_may_be_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    with echo() as port:
        answers: list[int | Exception] = [RuntimeError("no room"), port]

        def start() -> int:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        door = DashboardDoor(start)
        door.open()
        assert said_back(door.port, b"hello") == b""
        assert "no room" in caplog.text
        assert said_back(door.port, b"hello") == b"HELLO"


def test_two_doors_find_two_ports() -> None:
    doors = [DashboardDoor(lambda: 0) for _ in range(2)]
    for door in doors:
        door.open()
    assert doors[0].port != doors[1].port
