"""Requests that trickle, over a real port; and bodies that nobody asked for."""

import asyncio
import contextlib
import re
from typing import Any

import httpx
import pytest

from deployments.gate import patience
from tests.deployments.conftest import World
from tests.deployments.in_process import served
from tests.deployments.routes.test_presets_api import MINE
from tests.presets.camera_raw.xmp import of_attributes

HEAD = "POST /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n"


async def trickled(world: World, path: str, piece: bytes) -> str:
    """Send so much every hundredth of a second until they hang up; return what was said."""
    async with served(world.api) as host, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection(*host.split(":"))
        writer.write(HEAD.format(path=path, host=host).encode())
        hearing = asyncio.ensure_future(heard(reader))
        while not hearing.done():
            writer.write(piece)
            await asyncio.wait([hearing], timeout=0.01)
        writer.close()
        return await hearing


async def heard(reader: asyncio.StreamReader) -> str:
    said = bytearray()
    with contextlib.suppress(ConnectionError):  # they hung up on what was still on its way
        while piece := await reader.read(4096):
            said += piece
    return said.decode()


@pytest.mark.parametrize("path", ["batch/submit", "presets", "uploads"])
async def test_a_body_that_trickles_is_given_up(world: World, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "GRACE_S", 0.2)
    said = await trickled(world, path, b" ")
    assert said.startswith("HTTP/1.1 408 ")
    assert '"code":"too_slow"' in said
    assert world.stored() == [], "nothing of it is kept"


async def test_one_that_was_fast_may_not_trickle_for_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "GRACE_S", 0.2)
    async with served(world.api) as host, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection(*host.split(":"))
        head = HEAD.format(path="batch/submit", host=host).replace("90000", "9000000")
        writer.write(head.encode() + b" " * 2_000_000)  # by the mean since its start it might trickle for 1,000 s
        await writer.drain()
        said = await heard(reader)
        writer.close()
    assert '"code":"too_slow"' in said


async def test_one_that_is_slow_but_honest_is_not(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "GRACE_S", 0.2)
    body = b'{"a": "' + b"x" * 90_000

    async def slowly() -> object:
        for start in range(0, len(body), 3000):
            yield body[start : start + 3000]
            await asyncio.sleep(0.02)

    async with served(world.api) as host, httpx.AsyncClient(base_url=f"http://{host}", trust_env=False) as http:
        answer = await http.post("/api/v1/batch/submit", content=slowly(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json"), "it was read to its end"


async def test_a_client_that_waits_for_its_answer_may_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "GRACE_S", 0.2)
    task = await world.submit()
    async with (
        served(world.api) as host,
        httpx.AsyncClient(base_url=f"http://{host}", trust_env=False) as http,
        http.stream("GET", f"/api/v1/batch/{task}/events") as events,
    ):
        lines = events.aiter_lines()
        assert (await anext(lines)).startswith("id:")
        await asyncio.sleep(0.5)  # longer than a body may take
        world.coordinator.work(task, 0, 1)
        assert "event: done" in [line async for line in lines]


async def test_what_is_held_whole_is_small(world: World) -> None:
    for path in ("presets", "presets/preview", "presets/dusk/duplicate"):
        answer = await world.http.post(f"/api/v1/{path}", json=MINE | {"description": "x" * (1 << 20)})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), path


async def test_and_what_is_read_by_itself_has_limits_of_its_own(world: World, jpeg: bytes) -> None:
    body = {"image_urls": ["https://a.example/" + "x" * 8000] * 200, "preset_id": "filter_warm"}
    assert (await world.http.post("/api/v1/batch/submit", json=body)).status_code == 202
    large = jpeg + bytes(2 << 20)  # as photos of a camera are
    task = await world.submit(open=True)
    for path in ("batch/submit", f"batch/{task}/photos"):
        form = {"preset_id": "filter_warm"} if path == "batch/submit" else {}
        answer = await world.http.post(f"/api/v1/{path}", data=form, files=[("files", ("a.jpg", large, "image/jpeg"))])
        assert answer.status_code == 202, (path, answer.json())
    appended = {"image_urls": body["image_urls"]}
    assert (await world.http.post(f"/api/v1/batch/{task}/photos", json=appended)).status_code == 202
    xmp = of_attributes(f"<!--{'x' * 900_000}-->", Exposure2012="+0.50")
    assert (await world.http.post("/api/v1/presets/import", content=xmp)).status_code == 200
    for path in ("uploads?name=a", "luts?name=a"):
        answer = await world.http.post(f"/api/v1/{path}", content=b"x" * (40 << 20))
        assert answer.json()["code"] in {"too_large", "unsupported_media", "invalid_lut"}, path


async def test_so_has_every_route_that_takes_files(world: World, jpeg: bytes) -> None:
    large = jpeg + bytes(600 << 10)
    bodies: dict[str, dict[str, Any]] = {
        "multipart/form-data": {"files": [("files", ("a.jpg", large, "image/jpeg"))]},
        "application/octet-stream": {"content": large},
    }
    tried = 0
    for path, methods in (await world.http.get("/openapi.json")).json()["paths"].items():
        for method, operation in methods.items():
            for kind in bodies.keys() & operation.get("requestBody", {}).get("content", {}).keys():
                answer = await world.http.request(method, re.sub(r"\{.*?\}", "b0", path), **bodies[kind])
                assert "512 KB" not in answer.text, path
                tried += 1
    assert tried > 4


async def test_files_and_sources_are_appended_as_they_are_submitted(world: World, jpeg: bytes) -> None:
    task = await world.submit(open=True, image_urls=[])
    path = f"/api/v1/batch/{task}/photos"
    photo = jpeg + bytes(190_000 - len(jpeg))  # a larger one would be no photo here
    answer = await world.http.post(path, files=[("files", (f"{number}.jpg", photo)) for number in range(4)])
    assert (answer.status_code, answer.json()["counts"]["total"]) == (202, 4), answer.text
    sources = {"image_urls": ["https://a.example/" + "x" * 8000] * 200}
    answer = await world.http.post(path, json=sources)
    assert (answer.status_code, answer.json()["counts"]["total"]) == (202, 204), answer.text
    checked = await world.http.post("/api/v1/batch/check", json=sources | {"preset_id": "filter_warm"})
    assert checked.status_code == 200, "what the submit takes is checked"
