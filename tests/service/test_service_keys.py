"""A server with API keys, as a person starts it: two users, their photos, and what is left lying about."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from benchmarks.servers.server import Server, serving
from tests.deployments.closed import ANN_KEY, BEN_KEY

ANN, BEN = {"Authorization": f"Bearer {ANN_KEY}"}, {"X-API-Key": BEN_KEY}
BEHIND = "what-stands-behind-the-question-mark"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    hashed = hashlib.sha256(BEN_KEY.encode()).hexdigest()
    with serving(tmp_path_factory.mktemp("closed"), BATCH_API_KEYS=f"{ANN_KEY}:ann,sha256={hashed}:ben") as server:
        yield server


@pytest.fixture(scope="module")
def upload(closed: Server, photo_folder: Path) -> str:
    content = (photo_folder / "astronaut.jpg").read_bytes()
    source: str = closed.http.post(f"/api/v1/uploads?name={BEHIND}.jpg", content=content, headers=ANN).json()["source"]
    return source


def submitted(server: Server, headers: dict[str, str], *sources: str) -> str:
    body = {"image_urls": sources, "preset_id": "filter_warm"}
    answer = server.http.post("/api/v1/batch/submit", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    task: str = answer.json()["task_id"]
    with server.http.stream("GET", f"/api/v1/batch/{task}/events", headers=headers) as events:
        assert "event: done" in list(events.iter_lines())
    return task


def close_code(server: Server, task: str, *keys: str) -> int | None:
    offered = ["photobatch", *(f"photobatch.key.{key}" for key in keys)]
    with connect(f"ws://127.0.0.1:{server.port}/ws/batch/{task}", subprotocols=offered) as socket:  # type: ignore[arg-type]
        with suppress(ConnectionClosed):
            while True:
                socket.recv(timeout=30)
        return socket.close_code


def test_a_user_gets_their_own_photos_and_nobody_else_does(closed: Server, upload: str) -> None:
    task = submitted(closed, ANN, upload)
    for path in (f"/{task}", f"/{task}/photos", f"/{task}/photos/0/result", f"/{task}/manifest.jsonl"):
        answers = [closed.http.get(f"/api/v1/batch{path}", headers=who).status_code for who in (ANN, BEN, {})]
        assert answers == [200, 404, 401], path
    assert [close_code(closed, task, *keys) for keys in ([ANN_KEY], [BEN_KEY], [])] == [1000, 4404, 4401]
    assert closed.http.get("/api/v1/batch", headers=BEN).json()["items"] == []


def test_the_upload_of_another_fails_as_one_that_is_not_there(closed: Server, upload: str) -> None:
    task = submitted(closed, BEN, upload, "upload:u00000000000000000000000000000000000")
    photos = closed.http.get(f"/api/v1/batch/{task}/photos", headers=BEN).json()["items"]
    assert [photo["error"]["code"] for photo in photos] == ["upload_not_found"] * 2
    assert photos[0]["error"] == photos[1]["error"]


def test_a_large_body_without_a_key_is_refused(closed: Server) -> None:
    answer = closed.http.post("/api/v1/uploads", content=b"x" * 20_000_000)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_the_proxy_leaves_host_and_origin_as_they_are(closed: Server) -> None:
    for origin, status in ((closed.url, 422), ("http://evil.example", 403)):
        answer = closed.http.post("/api/v1/batch/submit", json={}, headers=ANN | {"Origin": origin})
        assert answer.status_code == status, origin


def test_keys_and_queries_are_in_no_log_and_in_no_worker(closed: Server, upload: str) -> None:
    assert upload
    closed.http.get(f"/api/v1/batch?cursor={BEHIND}", headers=ANN)
    close_code(closed, BEHIND, ANN_KEY)
    [scratch] = Path(tempfile.gettempdir()).glob(f"pb-{closed.pid}-*")
    written = [path for path in [*scratch.rglob("*"), closed.output] if path.is_file()]
    assert any(path.suffix == ".log" for path in written)
    found = [path for path in written if ANN_KEY.encode() in path.read_bytes()]
    assert found == []
    lines = [
        line
        for path in written
        if path.suffix in {".log", ".out", ".err", ".txt"}
        for line in path.read_bytes().splitlines()
    ]
    assert [line for line in lines if f"={BEHIND}".encode() in line] == []
    others = [process for process in closed.family() if process.pid not in {closed.pid, closed.ingress().pid}]
    assert len(others) > 3
    assert [process.pid for process in others if "BATCH_API_KEYS" in environment(process)] == []


def environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.NoSuchProcess:
        return {}
