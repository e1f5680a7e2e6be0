"""The whole service with its journal in Redis, which goes away for ten seconds in the middle of a batch."""

import time
from pathlib import Path

import pytest

from benchmarks.servers.redis_server import RedisServer
from benchmarks.servers.server import Server, ServerError, serving
from tests.older_redis import bring_back, state


def health(server: Server) -> dict:
    return server.http.get("/api/v1/health").json()


@pytest.mark.slow
def test_redis_is_away_for_ten_seconds(tmp_path: Path, photo_folder: Path, redis_server: RedisServer) -> None:
    with serving(tmp_path, REDIS_URL=redis_server.url, BATCH_FILE_ROOTS=str(photo_folder), BATCH_REUSE="0") as server:
        request = {"image_urls": [(photo_folder / "astronaut.jpg").as_uri()] * 150, "preset_id": "beauty_heavy"}
        task = server.submit(**request)["task_id"]
        while server.batch(task)["counts"]["succeeded"] < 10:
            time.sleep(0.02)
        redis_server.kill()
        away = time.monotonic()
        refused = server.http.post("/api/v1/batch/submit", json=request)
        assert (refused.status_code, refused.json()["code"]) == (503, "journal_unavailable")
        assert int(refused.headers["retry-after"]) >= 1
        while (said := health(server))["journal"] != "unavailable":
            time.sleep(0.1)
        assert said["status"] == "unavailable"
        time.sleep(max(0.0, away + 10 - time.monotonic()))
        redis_server.start()
        batch = server.ended(task)
        assert batch["counts"]["succeeded"] == 150
        assert {photo["attempts"] for photo in server.photos(task)} == {1}, "workers kept their leases"
        listed = server.http.get("/api/v1/batch").json()["items"]
        assert [one["task_id"] for one in listed] == [task], "what was refused does not come later"
        server.healthy()


def test_a_redis_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="Redis does not answer at REDIS_URL"):
        Server(tmp_path, REDIS_URL="redis://127.0.0.1:1/0").start()


@pytest.mark.slow
def test_a_lost_machine_comes_back_as_another_and_its_batches_go_on(
    tmp_path: Path, photo_folder: Path, redis_server: RedisServer
) -> None:
    """What both machines share is Redis and the blob store; data folder, Ray and ports are each one's own."""
    shared = {"REDIS_URL": redis_server.url, "BATCH_BLOB_URL": (tmp_path / "blobs").as_uri(), "BATCH_REUSE": "0"}
    first, second = (tmp_path / name for name in ("first", "second"))
    for folder in (first, second):
        folder.mkdir()
    with serving(first, **shared) as lost:
        photo = (photo_folder / "astronaut.jpg").read_bytes()
        source = lost.http.post("/api/v1/uploads?name=her.jpg", content=photo).raise_for_status().json()["source"]
        running = lost.submit(image_urls=[source] * 200, preset_id="beauty_heavy")["task_id"]
        paused = lost.submit(image_urls=[source] * 3, preset_id="filter_warm")["task_id"]
        lost.http.post(f"/api/v1/batch/{paused}/pause").raise_for_status()
        while lost.batch(running)["counts"]["succeeded"] < 10:
            time.sleep(0.02)
        lost.kill()
    with serving(second, **shared) as back:
        assert back.batch(paused)["status"] == "paused"
        batch = back.ended(running, 120)
        assert batch["counts"]["succeeded"] == 200
        assert batch["started_at"] < batch["finished_at"]
        photos = back.photos(running)
        assert sum(photo["attempts"] > 1 for photo in photos) <= 64, "only what was leased is done again"
        for photo in (photos[0], photos[-1]):
            assert back.http.get(photo["result"]["url"]).raise_for_status().content.startswith(b"\xff\xd8")
        back.http.post(f"/api/v1/batch/{paused}/resume").raise_for_status()
        assert back.ended(paused)["counts"]["succeeded"] == 3


@pytest.mark.slow
def test_a_redis_that_comes_back_older_is_accepted_knowingly_or_not_at_all(
    tmp_path: Path, photo_folder: Path, redis_server: RedisServer
) -> None:
    redis = {"REDIS_URL": redis_server.url, "BATCH_FILE_ROOTS": str(photo_folder)}
    request = {"image_urls": [(photo_folder / "astronaut.jpg").as_uri()], "preset_id": "filter_warm"}
    with serving(tmp_path, **redis) as server:
        kept = server.submit(**request)["task_id"]
        server.ended(kept)
        older = state(redis_server, "older")
        server.ended(server.submit(**request)["task_id"])
        bring_back(redis_server, older)
        while (said := health(server))["journal"] != "behind":
            time.sleep(0.1)
        assert (said["status"], said["code"]) == ("unavailable", "journal_behind")
        accept = said["reason"].rpartition("BATCH_JOURNAL_ACCEPT=")[2].rstrip(".")
        refused = server.http.post("/api/v1/batch/submit", json=request)
        assert (refused.status_code, refused.json()["code"]) == (503, "journal_behind")
    with pytest.raises(ServerError, match=f"commits are missing.*BATCH_JOURNAL_ACCEPT={accept}"):
        Server(tmp_path, **redis).start()
    with serving(tmp_path, **redis, BATCH_JOURNAL_ACCEPT=accept) as server:
        assert [one["task_id"] for one in server.http.get("/api/v1/batch").json()["items"]] == [kept]
        server.ended(server.submit(**request)["task_id"])
