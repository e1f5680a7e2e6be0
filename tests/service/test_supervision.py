"""Whatever part of the service dies or freezes, it serves again by itself and loses nothing."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from benchmarks.servers.server import Server, ServerError, serving

PHOTOS = 60
PATIENCE_S = 90.0  # for a machine that does other things too; benchmarks.chaos measures


@pytest.fixture(scope="module")
def supervised(tmp_path_factory: pytest.TempPathFactory, photo_folder: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("supervised")
    with serving(folder, BATCH_FILE_ROOTS=str(photo_folder), BATCH_REUSE="0") as server:
        yield server


@pytest.fixture
def under_way(supervised: Server, photo_folder: Path) -> str:
    """A batch in the middle of its work."""
    supervised.healthy(PATIENCE_S)
    source = (photo_folder / "astronaut.jpg").as_uri()
    task: str = supervised.submit(image_urls=[source] * PHOTOS, preset_id="beauty_heavy")["task_id"]
    while supervised.batch(task)["counts"]["succeeded"] < 5:
        time.sleep(0.02)
    return task


def process(server: Server, title: str) -> psutil.Process:
    if title == "ingress":
        return server.ingress()
    return next(one for one in server.family() if title in (one.cmdline() or [""])[0])


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something; what meets no service, or one that is being started, is tried again."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(httpx.TransportError, ServerError, psutil.NoSuchProcess, StopIteration):
            if condition():
                return
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.05)


def nothing_is_lost(server: Server, task: str) -> None:
    until(lambda: server.batch(task)["finished_at"] is not None, "the batch to end")
    photos = server.photos(task)
    assert [photo["status"] for photo in photos] == ["succeeded"] * PHOTOS
    assert len({photo["result"]["sha256"] for photo in photos}) == 1


def health(server: Server) -> dict[str, Any]:
    told: dict[str, Any] = server.http.get("/api/v1/health").json()
    return told


@pytest.mark.parametrize(
    ("title", "number", "reason"),
    [
        ("raylet", signal.SIGKILL, "Ray's raylet or GCS has ended"),
        pytest.param("raylet", signal.SIGSTOP, "raylet", marks=pytest.mark.slow),
        pytest.param("gcs_server", signal.SIGKILL, "Ray's raylet or GCS has ended", marks=pytest.mark.slow),
        pytest.param("gcs_server", signal.SIGSTOP, "GCS has not answered", marks=pytest.mark.slow),
        pytest.param("ingress", signal.SIGKILL, "killed by SIGKILL", marks=pytest.mark.slow),
        pytest.param("ingress", signal.SIGSTOP, "HTTP has not answered", marks=pytest.mark.slow),
    ],
)
def test_what_only_the_supervisor_can_replace(
    supervised: Server, under_way: str, title: str, number: signal.Signals, reason: str
) -> None:
    before = health(supervised)["restarts"]
    os.kill(process(supervised, title).pid, number)
    until(lambda: health(supervised).get("restarts") == before + 1, "a new start")
    nothing_is_lost(supervised, under_way)
    told = health(supervised)
    assert told["restarts"] == before + 1, "one start was enough"
    assert reason in told["restart_reason"]
    assert f"photobatch starts anew: {told['restart_reason']}." in supervised.output.read_text()


def test_a_frozen_coordinator_is_replaced(supervised: Server, under_way: str) -> None:
    before = health(supervised)["restarts"]
    version = supervised.batch(under_way)["version"]
    frozen = process(supervised, "ray::Coordinator")
    frozen.suspend()
    until(lambda: not frozen.is_running(), "its end")
    nothing_is_lost(supervised, under_way)
    assert supervised.batch(under_way)["version"] >> 32 == (version >> 32) + 1, "one epoch later"
    assert max(photo["attempts"] for photo in supervised.photos(under_way)) == 1, "the workers kept what they held"
    assert health(supervised)["restarts"] == before, "the rest went on"


@pytest.mark.slow
def test_one_that_freezes_while_it_starts_is_replaced_too(supervised: Server, under_way: str) -> None:
    before = health(supervised)["restarts"]
    first = process(supervised, "ray::Coordinator")
    first.kill()
    until(lambda: any(coordinators(supervised, but=first)), "the next one")
    [second] = coordinators(supervised, but=first)
    second.suspend()
    until(lambda: not second.is_running(), "its end")
    nothing_is_lost(supervised, under_way)
    assert health(supervised)["restarts"] == before


@pytest.mark.slow
@pytest.mark.parametrize("title", ["ingress", "raylet"])
def test_what_freezes_while_the_service_starts_is_replaced_too(supervised: Server, under_way: str, title: str) -> None:
    before = health(supervised)["restarts"]
    first = supervised.ingress()
    first.kill()
    until(lambda: supervised.ingress() != first, "the next start")
    until(lambda: process(supervised, title).is_running(), "its process")
    process(supervised, title).suspend()
    until(lambda: health(supervised).get("restarts") == before + 2, "another start")
    assert "has been stopped for 10 s" in health(supervised)["restart_reason"]
    nothing_is_lost(supervised, under_way)


def coordinators(server: Server, but: psutil.Process) -> list[psutil.Process]:
    return [one for one in server.family() if one != but and "ray::Coordinator" in (one.cmdline() or [""])[0]]


@pytest.mark.slow
def test_what_never_comes_up_is_given_up_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray/__init__.py").write_text("raise ImportError('this Ray is damaged')")
    server = Server(tmp_path, PYTHONPATH=str(tmp_path))
    try:
        server.begin()
        until(lambda: server.http.get("/api/v1/health").status_code == 503, "an answer in its place")
        assert server.http.get("/api/v1/batch").json()["code"] == "unavailable"
        until(lambda: "damaged" in health(server)["reason"], "the reason in health")
        assert server.wait(PATIENCE_S) == 1
        assert server.output.read_text().splitlines()[-1] == ("photobatch gives up: ImportError: this Ray is damaged.")
        assert server.family() == []
    finally:
        server.kill()
        server.http.close()
