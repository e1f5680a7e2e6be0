"""What the supervisor says to systemd, and to clients while there is no service."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deployments import keeper
from deployments.local import supervisor
from deployments.local.http_server import listen
from deployments.local.notify import Notifier
from deployments.local.stand_in import StandIn
from photobatch.schemas import Health, Problem


@pytest.fixture
def url() -> Iterator[str]:
    listener = listen("127.0.0.1", 0)
    stand_in = StandIn(listener)
    stand_in.begin(status="starting", reason="it is being started")
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    stand_in.end()
    listener.close()


@pytest.mark.parametrize("place", ["\0photobatch-test", "socket"])
def test_systemd_hears_lines_at_the_socket_that_it_names(place: str, tmp_path: Path) -> None:
    address = place if place.startswith("\0") else str(tmp_path / place)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        Notifier(address.replace("\0", "@")).send("READY=1", "STATUS=serving")
        assert systemd.recv(1000) == b"READY=1\nSTATUS=serving"


def test_the_supervisor_waits_longer_for_a_coordinator_than_the_keeper_does() -> None:
    assert supervisor.STUCK_S > keeper.CONSTRUCT_S


def test_nobody_hears_where_nobody_asked_to() -> None:
    Notifier(None).send("READY=1")
    Notifier("/nowhere/at/all").send("READY=1")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_request_is_told_to_come_again(url: str, method: str) -> None:
    answer = httpx.request(method, f"{url}/api/v1/batch/submit", content=bytes(1_000_000) if method == "POST" else None)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    problem = Problem.model_validate(answer.json())
    assert problem.code == "unavailable"
    assert "it is being started" in problem.detail


def test_health_says_how_it_is(url: str) -> None:
    answer = httpx.get(f"{url}/api/v1/health?x=1")
    assert answer.status_code == 503
    health = Health.model_validate(answer.json())
    assert (health.status, health.code, health.reason) == ("starting", "starting", "it is being started")
    assert httpx.head(f"{url}/api/v1/health").content == b""


def test_a_client_that_never_stops_sending_holds_nobody_up(url: str) -> None:
    port = int(url.rpartition(":")[2])
    over = threading.Event()

    def pour() -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\n\r\n")
            while not over.is_set():
                connection.sendall(bytes(1000))

    pouring = threading.Thread(target=pour)
    pouring.start()
    assert httpx.get(url, timeout=10.0).status_code == 503
    over.set()
    pouring.join()


@pytest.mark.parametrize("said", [b"", b"\0\xff" * 100, b"GET", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 10])
def test_what_is_no_request_harms_nobody(url: str, said: bytes) -> None:
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
    assert httpx.get(url).status_code == 503


@pytest.mark.parametrize("module", ["deployments.local.supervisor", "deployments.local.process"])
def test_what_supervises_is_small_and_ray_s_environment_comes_before_ray(module: str) -> None:
    script = f"import sys, {module}; print(sorted({{'ray', 'fastapi', 'pydantic', 'numpy'}} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told == "[]\n"
