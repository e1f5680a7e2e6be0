"""The whole service dies, and nothing is lost."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil
import pytest

from benchmarks.servers.server import Server, serving
from deployments.local.session import SCRATCH


def test_killed_in_the_middle_and_started_again(tmp_path: Path, photo_folder: Path) -> None:
    with serving(tmp_path, BATCH_FILE_ROOTS=str(photo_folder)) as server:
        sources = [(photo_folder / "astronaut.jpg").as_uri()] * 120
        task = server.submit(image_urls=sources, preset_id="beauty_heavy")["task_id"]
        while (before := server.batch(task))["counts"]["succeeded"] < 20:
            time.sleep(0.02)
        server.kill()
        server.start()
        batch = server.ended(task)
        assert batch["counts"]["succeeded"] == 120
        assert batch["version"] > before["version"]
        photos = server.photos(task)
        assert {photo["status"] for photo in photos} == {"succeeded"}
        first = {photo["index"]: photo["result"]["sha256"] for photo in photos}
        assert len(set(first.values())) == 1, "the same photo, the same bytes, on every worker and after the restart"
        assert all(photo["attempts"] <= 2 for photo in photos)


def test_ctrl_c_ends_everything_and_a_second_server_is_refused(tmp_path: Path) -> None:
    temporary = tmp_path / ("temporary" * 10)  # too long for the sockets of anybody
    temporary.mkdir()
    with serving(tmp_path, TMPDIR=str(temporary)) as server:
        second = subprocess.run(
            [str(Path(sys.executable).with_name("photobatch")), "serve", "--port", "1"],
            env={**os.environ, "BATCH_DATA_DIR": str(tmp_path / "data")},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert second.returncode != 0
        assert "Another photobatch server" in second.stderr + second.stdout
        deadline = time.monotonic() + 20
        while "ready at" not in server.output.read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.output.read_text().startswith(f"photobatch is ready at {server.url}")
        assert loopback_only(server)
        assert server.stop() == 0
        assert nothing_is_left(server)


@pytest.mark.parametrize(
    "signals",
    [
        [signal.SIGTERM],
        pytest.param([signal.SIGINT], marks=pytest.mark.slow),
        pytest.param([signal.SIGTERM, signal.SIGINT], marks=pytest.mark.slow),
    ],
)
def test_stopped_in_the_middle_it_leaves_nothing_and_loses_nothing(
    tmp_path: Path, photo_folder: Path, signals: list[signal.Signals]
) -> None:
    with serving(tmp_path, BATCH_FILE_ROOTS=str(photo_folder), BATCH_REUSE="0") as server:
        sources = [(photo_folder / "astronaut.jpg").as_uri()] * 100
        task = server.submit(image_urls=sources, preset_id="beauty_heavy")["task_id"]
        while server.batch(task)["counts"]["succeeded"] < 10:
            time.sleep(0.02)
        server.family()  # who came of it, while they can be asked
        listening = socket.create_connection(("127.0.0.1", server.port))
        listening.sendall(f"GET /api/v1/batch/{task}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert listening.recv(1000)
        for number in signals:  # to everybody in its group, like Ctrl-C in a terminal
            server.signal(number)
            said = time.monotonic()
            while "stopping" not in server.output.read_text():
                assert time.monotonic() < said + 20, "it does not listen"
                time.sleep(0.01)
        assert server.wait() == (0 if len(signals) == 1 else 130)
        listening.close()
        assert "Traceback" not in server.output.read_text()
        assert nothing_is_left(server)
        server.start()
        assert server.ended(task)["counts"]["succeeded"] == 100
        attempts = [photo["attempts"] for photo in server.photos(task)]
        assert max(attempts) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("title", ["gcs_server", "ray::Coordinator", "ray::Worker"])
def test_stopped_while_it_starts_it_leaves_nothing_either(tmp_path: Path, title: str) -> None:
    server = Server(tmp_path)
    try:
        server.begin()
        deadline = time.monotonic() + 60
        while not any(title in " ".join(process.cmdline()) for process in server.family()):
            assert time.monotonic() < deadline, f"{title} never came"
            time.sleep(0.05)
        os.kill(server.pid, signal.SIGTERM)
        server.wait()
        assert "ready" not in server.output.read_text()
        assert nothing_is_left(server)
    finally:
        server.kill()
        server.http.close()


@pytest.mark.slow
def test_without_its_supervisor_the_service_leaves_by_itself(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.kill_main()
        deadline = time.monotonic() + 30
        while server.family():
            assert time.monotonic() < deadline, "something outlived its supervisor"
            time.sleep(0.1)
        server.start()
        assert server.http.get("/api/v1/batch").json()["items"] == []


def nothing_is_left(server: Server) -> bool:
    deadline = time.monotonic() + 15
    while (left := server.family()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [process.cmdline() for process in left] == []
    assert list(Path(tempfile.gettempdir()).glob(f"{SCRATCH}-{server.pid}-*")) == []
    return True


def loopback_only(server: Server) -> bool:
    """Say whether HTTP of ours is open at one port, to this machine alone (Ray's own ports want a token)."""
    connections = psutil.Process(server.pid).net_connections("tcp")
    return {c.laddr for c in connections if c.status == psutil.CONN_LISTEN} == {("127.0.0.1", server.port)}


def test_two_servers_on_one_machine_do_not_answer_for_each_other(tmp_path: Path, server: Server) -> None:
    (tmp_path / "second").mkdir()
    with serving(tmp_path / "second") as second:
        batches = [
            one.submit(image_urls=["http://127.0.0.1:9/x.jpg"], preset_id="filter_warm") for one in (server, second)
        ]
        for _ in range(30):  # new connections each time
            for one, other, mine in ((server, second, batches[0]), (second, server, batches[1])):
                path = f"/api/v1/batch/{mine['task_id']}"
                assert httpx.get(one.url + path).status_code == 200
                assert httpx.get(other.url + path).status_code == 404
