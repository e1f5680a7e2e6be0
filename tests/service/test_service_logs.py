"""The log of a whole service: what happened is in it, and nothing that somebody could use."""

import io
import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image
from skimage import data

from benchmarks.servers.server import Server, serving
from tests.deployments.closed import ANN_KEY

pytestmark = pytest.mark.slow

TOKEN = "7c1f-signature-that-nobody-should-see"
LATITUDE, LONGITUDE = (48.0, 51.0, 30.132417), (2.0, 17.0, 40.131729)
SECRETS = [TOKEN, ANN_KEY, "30.132417", "30132417", "40.131729", "40131729", "48.8583", "2.29448"]
PATIENCE_S = 60.0
GOOD = 120  # photos
AT_ONCE = 40  # of them; the others come once two processes have been killed


def photo_with_a_place() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: LATITUDE, 3: "E", 4: LONGITUDE})
    file = io.BytesIO()
    Image.fromarray(data.astronaut()).save(file, "JPEG", quality=92, exif=exif)
    assert Image.open(file).getexif().get_ifd(ExifTags.IFD.GPSInfo)[2] == LATITUDE
    return file.getvalue()


@contextmanager
def host(photo: bytes) -> Iterator[tuple[str, threading.Event]]:
    """Serves the photo, half of it, or an error, to those with a token; most of them after the event. Refuses calls."""
    killed = threading.Event()

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            name = path.strip("/").removesuffix(".jpg")
            if name.isdigit() and int(name) >= AT_ONCE:
                killed.wait()
            self.send_response(200 if f"token={TOKEN}" in query and path != "/gone.jpg" else 404)
            self.end_headers()
            self.wfile.write(photo[: len(photo) // 2] if path == "/half.jpg" else photo)

        def do_POST(self) -> None:
            self.send_response(500)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", killed
    finally:
        killed.set()
        server.shutdown()
        server.server_close()


def files(server: Server) -> list[Path]:
    """Everything that is written about: the session's folder, and what the command said."""
    [scratch] = Path(tempfile.gettempdir()).glob(f"pb-{server.pid}-*")
    return [path for path in [*scratch.rglob("*"), server.output] if path.is_file() and not path.is_symlink()]


def lines(server: Server) -> list[dict[str, Any]]:
    """Every line of ours. Others in these files are Ray's, or the last words of a process that was killed."""
    texts = (path.read_text() for path in files(server) if path.suffix in {".err", ".out", ".txt"})
    return [json.loads(line) for text in texts for line in text.splitlines() if line.startswith("{")]


def wait_for(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def kill(server: Server, title: str) -> None:
    found = [process for process in server.processes() if title in " ".join(process.cmdline())]
    assert found, title
    os.kill(found[0].pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A service through which signed addresses, a crash of a worker and one of the coordinator have gone; its batch."""
    environment = {
        "BATCH_API_KEYS": f"{ANN_KEY}:ann",
        "BATCH_ALLOWED_HOSTS": "127.0.0.1",
        "BATCH_CALLBACK_SECRET": "a secret",
        "BATCH_REUSE": "0",
        "BATCH_LOG_FORMAT": "json",
        "BATCH_LOG_LEVEL": "debug",
    }
    with host(photo_with_a_place()) as (url, killed), serving(tmp_path_factory.mktemp("told"), **environment) as server:
        server.http.headers["Authorization"] = f"Bearer {ANN_KEY}"
        names = ["half.jpg", "gone.jpg", *[f"{number}.jpg" for number in range(GOOD)]]
        sources = [f"{url}/{name}?token={TOKEN}" for name in names]
        callback = f"{url}/called?token={TOKEN}"
        request = {"image_urls": sources, "preset_id": "beauty_heavy", "callback_url": callback}
        task = server.submit(**request)["task_id"]
        wait_for(lambda: server.batch(task)["counts"]["succeeded"] > 5, "no photo came out")
        kill(server, "ray::Worker")
        wait_for(lambda: any(line["message"] == "worker died" for line in lines(server)), "the death of a worker")
        assert "photobatch_worker_deaths_total 1.0" in server.http.get("/metrics").text
        kill(server, "ray::Coordinator")
        server.healthy()
        killed.set()
        server.ended(task)
        server.http.get(f"/api/v1/batch?cursor={TOKEN}")
        wait_for(lambda: any(line["message"] == "callback failed" for line in lines(server)), "a call that failed")
        yield server, task


def test_what_happened_is_in_the_log_with_its_fields(told: tuple[Server, str]) -> None:
    server, task = told
    said: dict[str, list[dict[str, Any]]] = {}
    for line in lines(server):
        assert {"time", "level", "logger", "message", "process"} <= line.keys()
        said.setdefault(line["message"], []).append(line)
    [accepted], [ended] = said["batch accepted"], said["batch ended"]
    assert (accepted["batch"], accepted["photos"], accepted["process"]) == (task, GOOD + 2, "coordinator")
    assert (ended["batch"], ended["state"], ended["succeeded"], ended["failed"]) == (task, "completed", GOOD, 2)
    assert ended["seconds"] > 0
    first, second = sorted(said["coordinator started"], key=lambda line: line["epoch"])
    assert (first["batches"], second["batches"], second["open"]) == (0, 1, 1)
    assert len(said["worker started"]) >= 3
    assert said["worker died"][0]["worker"] in {line["worker"] for line in said["worker started"]}
    assert said["worker adopted"]
    of_the_dead = said.get("leases lost", []) + said.get("strike: a worker died of a photo", [])
    assert {line["batch"] for line in of_the_dead} == {task}
    assert said["callback failed"][0] | {"batch": task, "reason": "HTTP 500"} == said["callback failed"][0]


def test_nothing_that_somebody_could_use_is_in_any_file(told: tuple[Server, str]) -> None:
    server, task = told
    written = {path: path.read_bytes() for path in files(server)}
    assert any(task.encode() in content for content in written.values())
    found = [
        (str(path), secret) for path, content in written.items() for secret in SECRETS if secret.encode() in content
    ]
    assert found == []


def test_it_is_a_few_lines_and_not_one_for_each_photo(told: tuple[Server, str]) -> None:
    server, _ = told
    informed = [line for line in lines(server) if line["level"] != "debug"]
    assert len(informed) < GOOD, [line["message"] for line in informed]
