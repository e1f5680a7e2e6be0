"""Bodies that are meant to cost much: what they cost, and that the requests of others go on."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from urllib.parse import unquote_to_bytes, urlencode

import httpx
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.messages.errors import BatchError
from benchmarks.hostile_bodies import HOSTILE, Case
from deployments.intake.bodies import _unescaped
from deployments.wire import body_budget
from deployments.wire.body_budget import FREE, BodyBudget
from tests.deployments.conftest import World
from tests.deployments.in_process import served
from tests.deployments.intake.test_submit_api import SUBMIT, code

MOST_BYTES = 150 << 20
ANSWER_S, LIVE_S = 10.0, 2.0  # generous: what they cost is measured by `python -m benchmarks.hostile_bodies`


class Peak:
    """The most memory of this process, over what it held at first; sampled by a thread."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._first = self._process.memory_info().rss
        self.most = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.005):
            self.most = max(self.most, self._process.memory_info().rss - self._first)


async def slowest_live(world: World, until: asyncio.Task[httpx.Response]) -> float:
    """Ask whether it lives until something has ended; return the slowest answer in seconds."""
    slowest = 0.0
    while not until.done():
        began = time.perf_counter()
        assert (await world.http.get("/api/v1/health/live")).status_code == 200
        slowest = max(slowest, time.perf_counter() - began)
        await asyncio.sleep(0.01)
    return slowest


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
async def test_a_hostile_body_is_cheap(world: World, case: Case) -> None:
    body = case.body()

    async def pieces() -> AsyncIterator[bytes]:  # as they come from a socket
        for start in range(0, len(body), 1 << 16):
            yield body[start : start + (1 << 16)]

    began = time.perf_counter()
    with Peak() as peak:
        headers = {"content-type": case.kind}
        asked = asyncio.ensure_future(world.http.post(case.path, content=pieces(), headers=headers))
        slowest = await slowest_live(world, asked)
    assert (await asked).status_code < 500
    assert code(await asked)
    assert peak.most < MOST_BYTES
    assert time.perf_counter() - began < ANSWER_S
    assert slowest < LIVE_S


@pytest.mark.parametrize("field", ["image_urls", "photos"])
async def test_too_many_photos_are_refused_before_they_are_looked_at(world: World, field: str) -> None:
    items = [{"source": "https://a.example/a"} if field == "photos" else "https://a.example/a"] * 1001
    for body, kind in (
        (json.dumps({field: items}), "application/json"),
        (urlencode({field: json.dumps(items)}), "application/x-www-form-urlencoded"),
    ):
        answer = await world.http.post(SUBMIT, content=body, headers={"content-type": kind})
        assert code(answer) == "too_many_photos"


async def test_the_first_wrong_photo_is_named(world: World) -> None:
    photos = [{"source": "https://a.example/a"}] * 700 + [{"source": ""}, {"nothing": 1}]
    answer = await world.http.post(SUBMIT, json={"photos": photos, "preset_id": "filter_warm"})
    assert (code(answer), answer.json()["field"]) == ("invalid_request", "photos[700].source")


async def test_a_name_that_comes_twice_is_refused(world: World) -> None:
    body = b'{"image_urls":[],"preset_id":"a","image_urls":[]}'
    answer = await world.http.post(SUBMIT, content=body, headers={"content-type": "application/json"})
    assert (code(answer), answer.json()["field"]) == ("invalid_request", "image_urls")


async def test_one_bad_file_name_costs_no_other_file(world: World) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    names = (b"a\r\nb.jpg", b"c\0d.jpg", b"n" * 9000 + b".jpg", b'e"f.jpg', b"\xff.jpg", b"g.jpg")
    body = b"".join(head % (b"files", b'; filename="%b"' % name, b"1") for name in names)
    body += head % (b"preset_id", b"", b"filter_warm") + b"--x--"
    answer = await world.http.post(SUBMIT, content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 202, answer.text
    photos = (await world.http.get(f"{answer.headers['location']}/photos")).json()["items"]
    named = [photo["name"] for photo in photos]
    assert [named[0], named[1], *named[3:]] == ["ab.jpg", "cd.jpg", 'e"f.jpg', "\ufffd.jpg", "g.jpg"]
    assert 100 < len(named[2]) <= 200


FIELDS = st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=30)), max_size=6)


@given(FIELDS, st.binary(max_size=40))
def test_forms_are_read_as_ever(fields: list[tuple[str, bytes]], raw: bytes) -> None:
    encoded = urlencode(fields).encode()
    pairs = [pair.partition(b"=") for pair in encoded.split(b"&") if pair]
    found = [(_unescaped(bytearray(name)).decode(), _unescaped(bytearray(value))) for name, _, value in pairs]
    assert found == fields
    assert _unescaped(bytearray(raw)) == unquote_to_bytes(raw.replace(b"+", b" "))


def test_all_bodies_together_have_one_budget() -> None:
    budget = BodyBudget(10 * FREE)
    with budget.share(None) as first, budget.share(None) as second:
        first.hold(8 * FREE)
        second.hold(4 * FREE)
        with pytest.raises(BatchError) as refused:
            second.hold(1)
        assert (refused.value.code, refused.value.retry_after_s) == ("busy", 5.0)
        with budget.share(None) as small:
            small.hold(FREE)
    assert budget.held == 0


def test_nobody_with_a_key_takes_more_than_half() -> None:
    budget = BodyBudget(10 * FREE)
    with budget.share("ann") as first, budget.share("ann") as second, budget.share("bob") as other:
        first.hold(4 * FREE)
        with pytest.raises(BatchError):
            second.hold(4 * FREE)
        other.hold(5 * FREE)
    assert budget.held == 0


@pytest.mark.parametrize("path", ["batch/submit", "luts?name=a"])
async def test_bodies_that_never_end_do_not_fill_the_memory(
    world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_budget.BodyBudget.__init__, "__defaults__", (4 << 20,))
    size = 1 << 20
    head = f"POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size + 9}\r\n"
    head += "Content-Type: application/json\r\n\r\n"
    async with served(world.api) as host, asyncio.timeout(20):
        held = [await asyncio.open_connection(*host.split(":")) for _ in range(8)]
        for _, writer in held:
            writer.write(head.encode() + b" " * size)
        answers = [asyncio.ensure_future(reader.read(4096)) for reader, _ in held]
        while sum(answer.done() for answer in answers) < 4:
            await asyncio.wait([answer for answer in answers if not answer.done()], return_when=asyncio.FIRST_COMPLETED)
        refused = [answer.result() for answer in answers if answer.done()]
        for said in refused:
            assert b" 503 " in said
            assert b'"code":"busy"' in said
            assert b"retry-after: 5" in said.lower()
        async with httpx.AsyncClient(base_url=f"http://{host}", trust_env=False) as http:
            body = {"image_urls": world.urls, "preset_id": "filter_warm"}
            assert (await http.post(SUBMIT, json=body)).status_code == 202, "small ones pass"
            for _, writer in held:
                writer.close()
            large = {"image_urls": ["https://a.example/" + "x" * 8000] * 200, "preset_id": "filter_warm"}
            codes = {503}
            while codes == {503}:  # until the service has seen that they left
                codes = {(await http.post(SUBMIT, json=large)).status_code}
            assert codes == {202}, "what they held is free"


async def test_a_refused_body_gives_its_memory_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_budget.BodyBudget.__init__, "__defaults__", (2 << 20,))
    body = b'{"image_urls":[' + b" " * (3 << 19)
    for _ in range(4):
        answer = await world.http.post(SUBMIT, content=body, headers={"content-type": "application/json"})
        assert code(answer) == "invalid_json"
