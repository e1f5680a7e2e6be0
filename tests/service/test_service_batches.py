"""Batches over HTTP, on the real service with real photos."""

import hashlib
import hmac
import io
import json
import time
import uuid
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.servers.server import Server
from tests.actors.coordinator.receiver import Receiver

GOOD = ["astronaut.jpg", "coffee.jpg", "chelsea.jpg", "rocket.jpg", "coffee.png"]
BAD = {
    "text.jpg": "unsupported_media",
    "empty.jpg": "empty_file",
    "drawing.jpg": "unsupported_media",
    "cut.jpg": "truncated",
}


def urls(folder: Path, names: list[str]) -> list[str]:
    return [(folder / name).as_uri() for name in names]


def test_a_batch_of_files_of_which_some_are_bad(server: Server, photo_folder: Path) -> None:
    names = [*GOOD, *BAD, "missing.jpg"]
    told = server.submit(image_urls=urls(photo_folder, names), preset_id="beauty_medium", metadata={"album": "一"})
    assert told["total"] == len(names)
    batch = server.ended(told["task_id"])
    assert batch["status"] == "completed"
    assert batch["metadata"] == {"album": "一"}
    assert batch["progress"] == 1.0
    assert batch["counts"] == {
        "total": 10, "queued": 0, "processing": 0, "succeeded": 5, "failed": 5, "cancelled": 0,
    }  # fmt: skip
    photos = server.photos(told["task_id"])
    assert [photo["name"] for photo in photos] == names
    for photo in photos[len(GOOD) :]:
        assert photo["error"]["code"] == BAD.get(photo["name"], "source_not_found")
        assert len(photo["error"]["message"]) > 10
        assert photo["result"] is None
    for photo in photos[: len(GOOD)]:
        got = server.http.get(photo["result"]["url"])
        assert got.status_code == 200
        with Image.open(photo_folder / photo["name"]) as source, Image.open(io.BytesIO(got.content)) as result:
            assert (result.format, result.size) == (source.format, source.size)
        small = server.http.get(photo["result"]["thumbnail_url"])
        assert max(Image.open(io.BytesIO(small.content)).size) <= 400
        original = server.http.get(f"/api/v1/batch/{told['task_id']}/photos/{photo['index']}/original")
        assert original.content == (photo_folder / photo["name"]).read_bytes()
    assert "no_face" not in photos[0]["notes"]
    assert "no_face" in photos[1]["notes"]


def test_files_in_a_form(server: Server, photo_folder: Path) -> None:
    files = [
        ("files", (name, (photo_folder / name).read_bytes())) for name in ["astronaut.jpg", "text.jpg", "coffee.png"]
    ]
    names = ["astronaut.jpg", "text.jpg", "coffee.png"]
    files = [("files", (name, (photo_folder / name).read_bytes())) for name in names]
    fields = {
        "preset_id": "filter_warm",
        "output": json.dumps({"format": "jpeg", "quality": 80}),
        "image_urls": json.dumps(urls(photo_folder, ["rocket.jpg"])),
    }
    answer = server.http.post("/api/v1/batch/submit", data=fields, files=files)
    assert answer.status_code == 202, answer.text
    task = answer.json()["task_id"]
    assert answer.headers["location"] == f"/api/v1/batch/{task}"
    server.ended(task)
    photos = server.photos(task)
    assert [photo["name"] for photo in photos] == ["rocket.jpg", *names]
    assert [photo["status"] for photo in photos] == ["succeeded", "succeeded", "failed", "succeeded"]
    got = server.http.get(photos[3]["result"]["url"])
    assert got.headers["content-type"] == "image/jpeg"
    assert "coffee.jpg" in got.headers["content-disposition"]
    warm = np.asarray(Image.open(io.BytesIO(got.content)), np.float32).mean((0, 1))
    cold = np.asarray(Image.open(photo_folder / "coffee.png").convert("RGB"), np.float32).mean((0, 1))
    assert warm[0] > cold[0]
    assert warm[2] < cold[2]
    part = server.http.get(photos[3]["result"]["url"], headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == got.content[10:20]
    again = server.http.get(photos[3]["result"]["url"], headers={"If-None-Match": got.headers["etag"]})
    assert again.status_code == 304


def test_an_upload_then_a_batch_of_it(server: Server, photo_folder: Path) -> None:
    body = (photo_folder / "chelsea.jpg").read_bytes()
    answer = server.http.post("/api/v1/uploads", params={"name": "猫.jpg"}, content=body)
    assert answer.status_code == 201, answer.text
    upload = answer.json()
    assert (upload["width"], upload["height"], upload["format"], upload["bytes"]) == (451, 300, "jpeg", len(body))
    task = server.submit(image_urls=[upload["source"]], preset_id="filter_cool")["task_id"]
    assert server.ended(task)["counts"]["succeeded"] == 1
    photo = server.photos(task)[0]
    assert photo["name"] == "猫.jpg"
    assert server.http.get(f"/api/v1/batch/{task}/photos/0/original").content == body
    other = server.submit(image_urls=[upload["source"]], preset_id="filter_warm")["task_id"]
    assert server.http.delete(f"/api/v1/batch/{task}").status_code == 204
    assert server.ended(other)["counts"]["succeeded"] == 1, "the upload is still wanted"
    stored = server.folder / "data" / "blobs" / "uploads" / upload["id"]
    assert stored.exists()
    server.http.delete(f"/api/v1/batch/{other}")
    deadline = time.monotonic() + 10
    while stored.exists():
        assert time.monotonic() < deadline, "nobody wants the upload any more, and it is still there"
        time.sleep(0.05)
    refused = server.http.post("/api/v1/uploads", params={"name": "x.jpg"}, content=b"%!PS-Adobe-3.0 EPSF")
    assert refused.status_code == 415
    assert refused.json()["code"] == "unsupported_media"


def test_the_same_input_gives_the_same_bytes(server: Server, photo_folder: Path) -> None:
    digests = []
    for _ in range(2):
        task = server.submit(image_urls=urls(photo_folder, GOOD), preset_id="color_vintage")["task_id"]
        server.ended(task)
        digests.append([photo["result"]["sha256"] for photo in server.photos(task)])
    assert digests[0] == digests[1]


PUBLIC = {"image_urls": ["https://example.com/a.jpg"], "preset_id": "filter_warm"}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"preset_id": "nope"}, 404, "unknown_preset"),
        ({"preset_params": {"x": 1}}, 422, "invalid_params"),
        ({"preset_params": {"exposure": 9}}, 422, "invalid_params"),
        ({"preset_id": None}, 422, "invalid_params"),
        ({"image_urls": []}, 422, "no_photos"),
        ({"image_urls": ["file:///etc/passwd"]}, 403, "forbidden_path"),
        ({"image_urls": ["gopher://x/y"]}, 422, "invalid_source"),
        ({"typo": 1}, 422, "invalid_request"),
        ({"image_urls": PUBLIC["image_urls"] * 10_001}, 413, "too_many_photos"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(server: Server, changes: dict, status: int, code: str) -> None:
    answer = server.http.post("/api/v1/batch/submit", json=PUBLIC | changes)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert len(problem["detail"]) > 10


def test_an_idempotency_key_makes_one_batch(server: Server, photo_folder: Path) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    files = [("files", ("a.jpg", (photo_folder / "rocket.jpg").read_bytes()))]
    first = server.http.post("/api/v1/batch/submit", data={"preset_id": "filter_warm"}, files=files, headers=key)
    second = server.http.post("/api/v1/batch/submit", data={"preset_id": "filter_warm"}, files=files, headers=key)
    assert first.status_code == second.status_code == 202
    assert first.json()["task_id"] == second.json()["task_id"]
    other = server.http.post("/api/v1/batch/submit", data={"preset_id": "filter_cool"}, files=files, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def test_pause_resume_cancel_delete(server: Server, photo_folder: Path) -> None:
    task = server.submit(image_urls=urls(photo_folder, GOOD) * 20, preset_id="beauty_heavy")["task_id"]
    base = f"/api/v1/batch/{task}"
    assert server.http.post(f"{base}/pause").json()["status"] == "paused"
    assert server.http.post(f"{base}/pause").status_code == 200
    assert server.http.post(f"{base}/resume").json()["status"] in {"processing", "queued"}
    cancelled = server.http.post(f"{base}/cancel").json()
    assert cancelled["status"] == "cancelled"
    refused = server.http.post(f"{base}/pause")
    assert (refused.status_code, refused.json()["code"]) == (409, "bad_transition")
    assert server.http.delete(base).status_code == 204
    for path in (base, f"{base}/photos", f"{base}/photos/0/result"):
        gone = server.http.get(path)
        assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


def test_lists_stats_presets_and_documentation(server: Server, photo_folder: Path) -> None:
    tasks = [
        server.submit(image_urls=urls(photo_folder, ["rocket.jpg"]), preset_id="filter_warm", user_id="lister")[
            "task_id"
        ]
        for _ in range(3)
    ]
    page = server.http.get("/api/v1/batch", params={"user_id": "lister", "limit": 2}).json()
    assert [item["task_id"] for item in page["items"]] == [tasks[2], tasks[1]]
    rest = server.http.get(
        "/api/v1/batch", params={"user_id": "lister", "limit": 2, "cursor": page["next_cursor"]}
    ).json()
    assert [item["task_id"] for item in rest["items"]] == [tasks[0]]
    assert rest["next_cursor"] is None
    stats = server.http.get("/api/v1/batch/stats").json()
    assert stats["workers"]["max"] == 2
    presets = server.http.get("/api/v1/presets").json()["items"]
    assert {"beauty_light", "beauty_medium", "beauty_heavy", "filter_warm", "filter_cool", "color_vintage"} <= {
        preset["id"] for preset in presets
    }
    assert server.http.get("/api/v1/presets/filter_warm").json()["name"]["zh"] == "暖色滤镜"
    assert server.http.get("/docs").status_code == 200
    assert "/api/v1/batch/submit" in server.http.get("/openapi.json").json()["paths"]
    assert server.http.get("/api/v1/health/live").status_code == 200
    lost = server.http.get("/api/v1/nothing")
    assert (lost.status_code, lost.json()["code"]) == (404, "not_found")


def test_the_end_is_told_to_the_callback_url(server: Server, photo_folder: Path) -> None:
    receiver = Receiver()
    try:
        source = (photo_folder / "astronaut.jpg").as_uri()
        task = server.submit(image_urls=[source], preset_id="filter_warm", callback_url=receiver.url)["task_id"]
        deadline = time.monotonic() + 30
        while not receiver.calls:
            assert time.monotonic() < deadline, "nobody called"
            time.sleep(0.05)
    finally:
        receiver.close()
    headers, body = receiver.calls[0]
    signed = hmac.new(b"a secret", headers["X-Photobatch-Timestamp"].encode() + b"." + body, "sha256").hexdigest()
    assert headers["X-Photobatch-Signature"] == f"sha256={signed}"
    assert json.loads(body) == {"event": "batch.completed", "batch": server.batch(task)}


def test_a_photo_that_was_done_before_is_a_copy_of_its_own(server: Server, photo_folder: Path) -> None:
    request = {"image_urls": [(photo_folder / "coffee.png").as_uri()], "preset_id": "color_vintage", "user_id": "again"}
    tasks = []
    for reused in (False, True):
        tasks.append(server.submit(**request)["task_id"])
        server.ended(tasks[-1])
        assert server.photos(tasks[-1])[0]["reused"] is reused
    first, second = (server.photos(task)[0]["result"] for task in tasks)
    assert first["sha256"] == second["sha256"]
    assert server.http.delete(f"/api/v1/batch/{tasks[0]}").status_code == 204
    copy = server.http.get(second["url"])
    assert copy.status_code == 200
    assert hashlib.sha256(copy.content).hexdigest() == second["sha256"]


def test_all_results_come_as_one_file_and_a_download_that_broke_off_goes_on(server: Server, photo_folder: Path) -> None:
    names = ["astronaut.jpg", "coffee.jpg", "coffee.png", "text.jpg", "astronaut.jpg"]
    task = server.submit(image_urls=urls(photo_folder, names), preset_id="filter_warm")["task_id"]
    server.ended(task)
    address = f"/api/v1/batch/{task}/archive.zip"
    whole = server.http.get(address)
    assert whole.headers["content-type"] == "application/zip"
    assert int(whole.headers["content-length"]) == len(whole.content)
    with zipfile.ZipFile(io.BytesIO(whole.content)) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["astronaut.jpg", "coffee.jpg", "coffee.png", "astronaut (2).jpg"]
        shas = [hashlib.sha256(opened.read(name)).hexdigest() for name in opened.namelist()]
    assert shas == [photo["result"]["sha256"] for photo in server.photos(task) if photo["result"]]
    here = len(whole.content) // 2
    rest = server.http.get(address, headers={"Range": f"bytes={here}-", "If-Range": whole.headers["etag"]})
    assert rest.status_code == 206
    assert whole.content[:here] + rest.content == whole.content
    assert server.http.head(address).headers["etag"] == whole.headers["etag"]


def test_without_a_result_there_is_no_archive(server: Server, photo_folder: Path) -> None:
    task = server.submit(image_urls=urls(photo_folder, ["text.jpg"]), preset_id="filter_warm")["task_id"]
    server.ended(task)
    answer = server.http.get(f"/api/v1/batch/{task}/archive.zip")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_ready")
