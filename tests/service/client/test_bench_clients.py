"""The benchmark's own client of a service: what it times is real work, and it leaves nothing behind."""

from pathlib import Path

import pytest
import simplejpeg

from benchmarks.latency import PATHS, ask, busy
from benchmarks.photos.demo_photos import Recipe, make
from benchmarks.servers.clients import UploadClient, _marked
from benchmarks.servers.server import Server
from models.codec import decode
from models.codec.header import Limits


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make(tmp_path_factory.mktemp("demo"), 3, Recipe(megapixels=0.5), processes=1)


def test_no_photo_is_answered_by_a_copy_of_the_last_run_s(server: Server, photos: list[Path]) -> None:
    before = server.http.get("/api/v1/batch").json()["items"]
    client = UploadClient(server.url)
    for _ in range(2):
        assert client.run("filter_warm", photos) > 0
    broken = photos[0].with_name("broken.jpg")
    broken.write_bytes(photos[0].read_bytes()[:2000])
    with pytest.raises(RuntimeError, match="only 2 of 3"):
        client.run("filter_warm", [broken, *photos[:2]])
    client.close()
    after = {batch["task_id"] for batch in server.http.get("/api/v1/batch").json()["items"]}
    left = after - {batch["task_id"] for batch in before}
    assert len(left) == 1, "the one that failed can be looked at"
    for task_id in left:
        server.http.delete(f"/api/v1/batch/{task_id}")


def test_a_mark_changes_the_bytes_and_nothing_else(photos: list[Path]) -> None:
    data = photos[0].read_bytes()
    first, second = _marked(data, 1), _marked(data, 2)
    assert len({data, first, second}) == 3
    assert (simplejpeg.decode_jpeg(first) == simplejpeg.decode_jpeg(data)).all()
    assert decode(first, Limits()).source.exif == decode(data, Limits()).source.exif


def test_requests_are_timed_while_the_workers_are_busy(
    server: Server, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.latency._MANY", 600)
    with busy(server.url, photos) as task_id:
        took = ask(server.url, task_id, 40)
        assert server.batch(task_id)["status"] == "processing"
    assert {name: len(values) for name, values in took.items()} == dict.fromkeys(PATHS, 10)
    assert server.http.get(f"/api/v1/batch/{task_id}").status_code == 404
