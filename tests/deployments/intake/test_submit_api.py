import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from actors.coordinator.admission import Admission
from actors.messages.errors import BatchError
from tests.deployments.conftest import URLS, World
from tests.deployments.in_process import served

SUBMIT = "/api/v1/batch/submit"


def code(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"].endswith((".", ")", "?"))
    return str(body["code"])


async def test_a_submit_in_json(world: World) -> None:
    answer = await world.http.post(
        SUBMIT, json={"image_urls": URLS, "preset_id": "filter_warm", "metadata": {"a": "b"}}
    )
    body = answer.json()
    task_id = body["task_id"]
    assert answer.status_code == 202
    assert answer.headers["location"] == body["status_url"] == f"/api/v1/batch/{task_id}"
    assert body["websocket_url"] == f"/ws/batch/{task_id}"
    assert body["events_url"] == f"/api/v1/batch/{task_id}/events"
    assert (body["status"], body["total"]) == ("queued", 2)
    batch = (await world.http.get(body["status_url"])).json()
    assert batch["preset"]["id"] == "filter_warm"
    assert batch["metadata"] == {"a": "b"}
    assert batch["output"]["subsampling"] == "same"
    assert batch["created_at"].endswith("Z")
    photos = (await world.http.get(f"{body['status_url']}/photos")).json()
    assert [photo["name"] for photo in photos["items"]] == ["one.jpg", "two.jpg"]


FORM = {"user_id": "ann", "image_urls": json.dumps(URLS), "preset_type": "color", "preset_params": '{"fade": 0.5}'}


async def test_a_submit_as_a_form(world: World) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    form = FORM | {"priority": "9", "preset_id": "", "output": '{"quality": 80}'}
    answer = await world.http.post(SUBMIT, content=urlencode(form), headers=headers)
    assert answer.status_code == 202, answer.text
    batch = (await world.http.get(answer.headers["location"])).json()
    assert (batch["user_id"], batch["priority"], batch["output"]["quality"]) == ("ann", 9, 80)
    assert batch["preset"]["params"]["fade"] == 0.5


async def test_a_submit_with_files(world: World) -> None:
    files = [("files", ("美 1.jpg", b"1" * 100_000)), ("files", ("../b.png", b"2"))]
    answer = await world.http.post(SUBMIT, data=FORM | {"files": ""}, files=files)
    assert answer.status_code == 202, answer.text
    photos = (await world.http.get(f"{answer.headers['location']}/photos")).json()["items"]
    assert [photo["name"] for photo in photos] == ["one.jpg", "two.jpg", "美 1.jpg", "b.png"]
    upload_id = photos[2]["source"].removeprefix("upload:")
    assert await world.blobs.get(f"uploads/{upload_id}/content") == b"1" * 100_000
    record = json.loads(await world.blobs.get(f"uploads/{upload_id}/record.json"))
    assert (record["name"], record["bytes"], record["error"]) == ("美 1.jpg", 100_000, None)


async def test_a_file_that_is_too_large_fails_alone(world: World) -> None:
    files = [("files", ("big.jpg", b"1" * 300_000)), ("files", ("small.jpg", b"2"))]
    answer = await world.http.post(SUBMIT, data=FORM, files=files)
    assert answer.json()["total"] == 4
    photos = (await world.http.get(f"{answer.headers['location']}/photos")).json()["items"]
    upload_id = photos[2]["source"].removeprefix("upload:")
    record = json.loads(await world.blobs.get(f"uploads/{upload_id}/record.json"))
    assert record["error"]["code"] == "too_large"
    assert record["bytes"] == 300_000
    assert f"uploads/{upload_id}/content" not in world.stored()
    assert len(world.stored()) == 3


@pytest.mark.parametrize(
    ("fields", "expected", "field"),
    [
        ({"preset_id": "filter_worm"}, (404, "unknown_preset"), "preset_id"),
        ({"preset_id": None}, (422, "invalid_params"), "preset_id"),
        ({"preset_params": {"fade": 7}}, (422, "invalid_params"), "preset_params.fade"),
        ({"preset_params": {"smoothing": 1}}, (422, "invalid_params"), "preset_params.smoothing"),
        ({"priority": 11}, (422, "invalid_request"), "priority"),
        ({"prioritty": 1}, (422, "invalid_request"), "prioritty"),
        ({"output": {"quality": "best"}}, (422, "invalid_request"), "output.quality"),
        ({"output": {"name": "{oops}"}}, (422, "invalid_request"), "output.name"),
        ({"metadata": {"k": "v" * 20_000}}, (422, "invalid_request"), "metadata"),
        ({"callback_url": "gopher://x"}, (422, "invalid_request"), "callback_url"),
        ({"image_urls": []}, (422, "no_photos"), None),
        ({"image_urls": ["https://a.org/x.jpg"] * 1001}, (413, "too_many_photos"), None),
        ({"image_urls": ["https://a.org/x.jpg", "ftp://a/b"]}, (422, "invalid_source"), "image_urls[1]"),
        ({"image_urls": ["s3://bucket/x.jpg"]}, (403, "forbidden_path"), "image_urls[0]"),
        ({"image_urls": ["https://"]}, (422, "invalid_source"), "image_urls[0]"),
        ({"image_urls": ["https://[::1"]}, (422, "invalid_source"), "image_urls[0]"),
        ({"image_urls": ["https://a.org:99999/"]}, (422, "invalid_source"), "image_urls[0]"),
        ({"image_urls": ["https://a.org/x y"]}, (422, "invalid_source"), "image_urls[0]"),
        ({"image_urls": ["upload:../../x"]}, (422, "invalid_source"), "image_urls[0]"),
        ({"image_urls": ["photo.jpg"]}, (422, "invalid_source"), "image_urls[0]"),
        ({"image_urls": ["file:///etc/passwd"]}, (403, "forbidden_path"), "image_urls[0]"),
        ({"image_urls": ["file:///a%00b"]}, (422, "invalid_source"), "image_urls[0]"),
        ({"photos": [{"source": "blah"}]}, (422, "invalid_source"), "photos[0].source"),
        (
            {"photos": [{"source": "https://a.org/x", "params": {"fade": "much"}}]},
            (422, "invalid_params"),
            "photos[0].params.fade",
        ),
    ],
)
async def test_refusals_say_which_field_and_why(
    world: World, fields: dict[str, Any], expected: tuple[int, str], field: str | None
) -> None:
    answer = await world.http.post(SUBMIT, json={"image_urls": URLS, "preset_id": "filter_warm"} | fields)
    assert (answer.status_code, code(answer)) == expected, answer.text
    assert answer.json().get("field") == field
    assert "pydantic" not in answer.text
    assert not {"submit"} & set(world.coordinator.asked)


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"{", "application/json", "invalid_json"),
        (b'{"a": NaN}', "application/json", "invalid_json"),
        (b"[" * 100_000, "application/json", "invalid_json"),
        (b'"\\ud800"', "application/json", "invalid_json"),
        (b"[]", "application/json", "invalid_request"),
        (b"", "application/json", "invalid_json"),
        (b"x", "text/plain", "unsupported_media"),
        (b"x", "", "unsupported_media"),
        (b"a=%ff", "application/x-www-form-urlencoded", "invalid_form"),
        (b"image_urls=notjson", "application/x-www-form-urlencoded", "invalid_json"),
        (b"user_id=a&user_id=b", "application/x-www-form-urlencoded", "invalid_request"),
        (b"x", "multipart/form-data", "invalid_form"),
        (b" " * (33 << 20), "application/json", "too_large"),
        (b"a=" + b"b" * (9 << 20), "application/x-www-form-urlencoded", "too_large"),
    ],
)
async def test_bodies_that_cannot_be_read(world: World, content: bytes, kind: str, expected: str) -> None:
    answer = await world.http.post(SUBMIT, content=content, headers={"content-type": kind})
    assert code(answer) == expected


async def test_a_refused_form_leaves_nothing(world: World) -> None:
    files = [("files", ("a.jpg", b"1")), ("files", ("b.jpg", b"2"))]
    for data in (FORM | {"preset_type": "nope"}, FORM | {"image_urls": '["ftp://x"]'}):
        assert (await world.http.post(SUBMIT, data=data, files=files)).status_code == 422
    other = await world.http.post(SUBMIT, data=FORM, files=[*files, ("mask", ("m.png", b"3"))])
    assert (code(other), other.json()["field"]) == ("invalid_request", "mask")
    assert world.stored() == []


async def test_a_form_that_breaks_off_leaves_nothing_and_frees_its_key(world: World) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'

    async def broken() -> Any:
        yield head + b"1" * 1000
        raise ConnectionError

    headers = {"content-type": "multipart/form-data; boundary=x", "idempotency-key": "k"}
    assert (await world.http.post(SUBMIT, content=broken(), headers=headers)).status_code == 500
    cut = await world.http.post(SUBMIT, content=head + b"1", headers=headers)
    assert code(cut) == "invalid_form"
    assert world.stored() == []


async def test_a_full_queue_refuses_and_leaves_nothing(world: World) -> None:
    for _ in range(5):
        await world.submit()
    answer = await world.http.post(SUBMIT, data=FORM, files=[("files", ("a.jpg", b"1"))])
    assert (answer.status_code, code(answer)) == (429, "queue_full")
    assert int(answer.headers["retry-after"]) >= 1
    assert world.stored() == []


async def test_where_no_wait_helps_none_is_named(world: World) -> None:
    world.coordinator._admission = Admission(replace(world.coordinator._config, max_queue_per_user=1))
    task_id = await world.submit(user_id=FORM["user_id"])
    await world.http.post(f"/api/v1/batch/{task_id}/pause")
    answer = await world.http.post(SUBMIT, data=FORM, files=[("files", ("a.jpg", b"1"))])
    assert (answer.status_code, code(answer)) == (429, "queue_full")
    assert "resume, cancel or delete" in answer.json()["detail"]
    assert "retry-after" not in answer.headers
    await world.submit(user_id="ben")


async def test_the_same_key_and_request_make_one_batch(world: World) -> None:
    headers = {"idempotency-key": "key-1"}
    files = [("files", ("a.jpg", b"1" * 500))]
    first = await world.http.post(SUBMIT, data=FORM, files=files, headers=headers)
    kept = world.stored()
    world.coordinator.work(first.json()["task_id"], 0)
    again = await world.http.post(SUBMIT, data=dict(reversed(FORM.items())), files=files, headers=headers)
    assert again.json() == first.json(), "the first answer, although the batch has moved on"
    assert world.stored() == kept
    other = await world.http.post(SUBMIT, data=FORM, files=[("files", ("a.jpg", b"2"))], headers=headers)
    assert (other.status_code, code(other)) == (422, "idempotency_mismatch")
    assert world.stored() == kept
    listed = (await world.http.get("/api/v1/batch")).json()["items"]
    assert len(listed) == 1


async def test_a_second_request_beside_the_first_is_told_to_wait(world: World) -> None:
    gate = asyncio.Event()

    async def slow() -> Any:
        yield b'{"image_urls": ["https://a.org/x.jpg"],'
        await gate.wait()
        yield b'"preset_id": "filter_warm"}'

    headers = {"idempotency-key": "key-1", "content-type": "application/json"}
    first = asyncio.ensure_future(world.http.post(SUBMIT, content=slow(), headers=headers))
    await asyncio.sleep(0.05)
    beside = await world.http.post(SUBMIT, json={}, headers=headers)
    assert (beside.status_code, code(beside)) == (409, "idempotency_in_progress")
    assert "retry-after" in beside.headers
    gate.set()
    assert (await first).status_code == 202


async def test_a_refused_request_frees_its_key(world: World) -> None:
    headers = {"idempotency-key": "key-1"}
    body = {"image_urls": URLS, "preset_id": "nope"}
    assert (await world.http.post(SUBMIT, json=body, headers=headers)).status_code == 404
    assert (await world.http.post(SUBMIT, json=body | {"preset_id": "filter_warm"}, headers=headers)).status_code == 202


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "caf\xe9"])
async def test_a_key_has_visible_characters(world: World, key: str) -> None:
    answer = await world.http.post(SUBMIT, json={}, headers={"idempotency-key": key.encode("latin-1")})  # type: ignore[dict-item]
    assert code(answer) == "invalid_request"
    assert "dempotency" in answer.json()["field"]


async def test_a_client_that_leaves_while_its_batch_is_handed_in_keeps_its_files(world: World) -> None:
    handed = asyncio.Event()
    submit = world.coordinator.submit

    async def slow(*args: Any) -> Any:
        handed.set()
        await asyncio.sleep(0.05)
        return await submit(*args)

    world.coordinator.submit = slow  # type: ignore[method-assign]
    request = asyncio.ensure_future(world.http.post(SUBMIT, data=FORM, files=[("files", ("a.jpg", b"1"))]))
    await handed.wait()
    request.cancel()
    await asyncio.sleep(0.1)
    assert (await world.http.get("/api/v1/batch")).json()["items"][0]["counts"]["total"] == 3
    assert len(world.stored()) == 2


async def test_files_stay_when_nobody_knows_whether_the_batch_was_accepted(world: World) -> None:
    async def lost(*args: Any) -> Any:
        raise BatchError("unavailable", "The service is restarting; try again in a few seconds.", 5.0)

    world.coordinator.submit = lost  # type: ignore[method-assign]
    answer = await world.http.post(SUBMIT, data=FORM, files=[("files", ("a.jpg", b"1"))])
    assert (answer.status_code, code(answer), answer.headers["retry-after"]) == (503, "unavailable", "5")
    assert len(world.stored()) == 2


async def test_photos_of_uploads_are_called_like_the_uploads(world: World, jpeg: bytes) -> None:
    upload = (await world.http.post("/api/v1/uploads?name=IMG_1.JPG", content=jpeg)).json()
    gone = "upload:u0000000000000000000000000000gone"
    task_id = await world.submit(image_urls=[upload["source"], gone])
    photos = (await world.http.get(f"/api/v1/batch/{task_id}/photos")).json()["items"]
    assert [photo["name"] for photo in photos] == ["IMG_1.JPG", gone.removeprefix("upload:")]


@pytest.mark.parametrize("path", [SUBMIT, "/api/v1/uploads"])
async def test_a_client_that_hangs_up_in_the_middle_leaves_nothing(world: World, path: str) -> None:
    async with served(world.api) as address:
        host, _, port = address.partition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
        part = '--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
        kind = "multipart/form-data; boundary=x" if path == SUBMIT else "image/jpeg"
        writer.write(f"{head}Content-Type: {kind}\r\n\r\n{part}{'1' * 9000}".encode())
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()
        await asyncio.sleep(0.3)
    assert world.stored() == []
    assert "submit" not in world.coordinator.asked


ERASE = {"image_urls": URLS, "preset_id": "erase"}


async def test_erase_takes_boxes_and_masks(world: World) -> None:
    boxes = {"regions": {"unit": "px", "boxes": [[1, 2, 3, 4]]}}
    answer = await world.http.post(SUBMIT, json=ERASE | {"preset_params": boxes})
    assert answer.status_code == 202, answer.text
    photos = [{"source": URLS[0], "params": {"mask": "upload:abc"}}, {"source": URLS[1], "params": boxes}]
    answer = await world.http.post(SUBMIT, json={"photos": photos, "preset_type": "erase"})
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize(
    ("body", "wanted", "field"),
    [
        (ERASE, "invalid_params", "regions"),
        ({"photos": [{"source": URLS[0], "params": {}}], "preset_id": "erase"}, "invalid_params", "photos[0].params"),
        (ERASE | {"preset_params": {"mask": "ftp://x/m.png"}}, "invalid_source", "preset_params.mask"),
        (ERASE | {"preset_params": {"mask": "file:///etc/passwd"}}, "forbidden_path", "preset_params.mask"),
        (
            {"photos": [{"source": URLS[0], "params": {"mask": "upload:../x"}}], "preset_id": "erase"},
            "invalid_source",
            "photos[0].params.mask",
        ),
        (ERASE | {"preset_params": {"regions": {"boxes": [[0.5, 0.5, 2, 0.1]]}}}, "invalid_params", None),
        (ERASE | {"preset_params": {"regions": {"boxes": [[0.5, 0.5, 0, 0.1]]}}}, "invalid_params", None),
        (ERASE | {"preset_params": {"regions": {"boxes": []}}}, "invalid_params", None),
        (ERASE | {"preset_params": {"smoothing": 0.5}}, "invalid_params", "preset_params.smoothing"),
    ],
)
async def test_an_erase_that_could_not_work_is_refused(world: World, body: Any, wanted: str, field: str | None) -> None:
    answer = await world.http.post(SUBMIT, json=body)
    assert code(answer) == wanted
    if field:
        assert answer.json()["field"] == field
    assert "regions" in answer.text or "mask" in answer.text
