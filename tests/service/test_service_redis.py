"""The whole service with its journal in Redis, which goes away for ten seconds in the middle of a batch."""

import time
from pathlib import Path

import pytest

from benchmarks.redis_server import RedisServer
from benchmarks.server import Server, ServerError, serving


def health(server: Server) -> dict:
    return server.http.get("/api/v1/health").json()


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
