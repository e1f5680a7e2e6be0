"""Progress by WebSocket and SSE."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from benchmarks.servers.server import Server


class Host(SimpleHTTPRequestHandler):
    """A host of photos that answers only once it is released, so that a client can be there first."""

    released = Event()

    def do_GET(self) -> None:
        self.released.wait()
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def held(photo_folder: Path) -> Iterator[str]:
    """The URL of a photo on a host that waits for `Host.released`."""
    Host.released.clear()
    host = ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=str(photo_folder)))
    Thread(target=host.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{host.server_port}/astronaut.jpg"
    Host.released.set()
    host.shutdown()
    host.server_close()


def follow(
    server: Server, task: str, since: int | None = None, then: Callable[[], None] | None = None
) -> tuple[list[dict], int]:
    """Every message until the server closes, and its close code; `then` is called after the first one."""
    query = "" if since is None else f"?since={since}"
    messages = []
    with connect(f"ws://127.0.0.1:{server.port}/ws/batch/{task}{query}") as socket:
        with suppress(ConnectionClosed):
            while True:
                messages.append(json.loads(socket.recv(timeout=60)))
                if then is not None:
                    then()
        return messages, socket.close_code or 0


def test_a_websocket_follows_a_batch_to_its_end(server: Server, held: str) -> None:
    task = server.submit(image_urls=[held] * 30, preset_id="beauty_light")["task_id"]
    messages, code = follow(server, task, then=Host.released.set)
    assert code == 1000
    assert messages[0]["type"] == "progress"
    assert messages[0]["photos"] == []
    assert messages[-1]["type"] == "done"
    assert messages[-1]["batch"]["status"] == "completed"
    versions = [message["version"] for message in messages if message["type"] != "ping"]
    assert versions == sorted(versions)
    states = {photo["index"]: photo["status"] for message in messages for photo in message.get("photos", [])}
    assert states == dict.fromkeys(range(30), "succeeded")
    assert all("timings_ms" not in p or p["timings_ms"] is None for m in messages for p in m.get("photos", []))

    half = next(message for message in messages if message["photos"])  # all of them, where the first ones were quick
    late, code = follow(server, task, since=half["version"])
    assert code == 1000
    missed = {photo["index"]: photo["status"] for message in late for photo in message["photos"]}
    seen = {photo["index"] for photo in half["photos"] if photo["status"] == "succeeded"}
    assert set(missed) == set(range(30)) - seen
    assert set(missed.values()) <= {"succeeded"}


def test_what_a_client_missed_comes_in_pages_of_500(server: Server, photo_folder: Path) -> None:
    sources = [(photo_folder / "missing.jpg").as_uri()] * 1200
    task = server.submit(image_urls=sources, preset_id="filter_warm")["task_id"]
    batch = server.ended(task)
    assert batch["status"] == "failed"
    messages, _ = follow(server, task, since=1)
    pages = [message for message in messages if message["photos"]]
    assert [len(message["photos"]) for message in pages] == [500, 500, 200]
    assert [message["more"] for message in pages] == [True, True, False]
    assert messages[-1]["type"] == "done"


def test_no_such_batch_closes_with_4404(server: Server) -> None:
    messages, code = follow(server, "b" + "0" * 30)
    assert (messages, code) == ([], 4404)


def test_events_resume_by_their_last_id(server: Server, held: str) -> None:
    task = server.submit(image_urls=[held] * 12, preset_id="filter_cool")["task_id"]

    def events(**headers: str) -> list[tuple[str, dict]]:
        found, last = [], ""
        with server.http.stream("GET", f"/api/v1/batch/{task}/events", headers=headers) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                if line.startswith("id:"):
                    last = line[3:].strip()
                elif line.startswith("data:"):
                    found.append((last, json.loads(line[5:])))
                    Host.released.set()
        return found

    first = events()
    assert first[0][1]["type"] == "progress"
    assert first[-1][1]["type"] == "done"
    assert first[-1][0] == str(first[-1][1]["version"])
    again = events(**{"Last-Event-ID": first[0][0]})
    states = {photo["index"]: photo["status"] for _, message in again for photo in message["photos"]}
    assert states == dict.fromkeys(range(12), "succeeded")


@pytest.mark.parametrize("since", ["x", "-1"])
def test_a_since_that_is_no_version_is_refused(server: Server, photo_folder: Path, since: str) -> None:
    task = server.submit(image_urls=[(photo_folder / "rocket.jpg").as_uri()], preset_id="filter_cool")["task_id"]
    answer = server.http.get(f"/api/v1/batch/{task}/events", params={"since": since})
    assert answer.status_code == 422
    server.ended(task)
