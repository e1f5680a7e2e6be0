"""What the gate lets in, from where, how often; and what every answer carries."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from actors.messages.errors import BatchError
from deployments.api import create_api
from deployments.gate.access import Access
from deployments.gate.rate import Rate
from tests.deployments.closed import ANN_KEY, BEN_KEY, WRONG_KEY, Closed, closed
from tests.deployments.conftest import World
from tests.deployments.in_process import served
from tests.deployments.intake.test_submit_api import SUBMIT, code
from tests.deployments.status.test_progress_api import all_said

BATCHES = "/api/v1/batch"
BODY = {"image_urls": ["https://a.org/1.jpg"], "preset_id": "filter_warm"}


@pytest.fixture
async def service(world: World) -> AsyncIterator[Closed]:
    async with closed(world) as service:
        yield service


@pytest.mark.parametrize(
    ("headers", "user"),
    [
        ({"Authorization": f"Bearer {ANN_KEY}"}, "ann"),
        ({"Authorization": f"bearer  {ANN_KEY} "}, "ann"),
        ({"X-API-Key": ANN_KEY}, "ann"),
        ({"Authorization": f"Basic {ANN_KEY}"}, None),
        ({"Authorization": f"Bearer {WRONG_KEY}", "X-API-Key": ANN_KEY}, None),
        ({"Authorization": ANN_KEY}, None),
        ({"Authorization": "Bearer"}, None),
        ({"Cookie": f"key={ANN_KEY}"}, None),
        ({"X-API-Key": b"\xff\xfe"}, None),
        ({}, None),
    ],
)
async def test_how_a_key_is_shown(service: Closed, headers: dict[str, Any], user: str | None) -> None:
    answer = await service.nobody.post(SUBMIT, json=BODY, headers=headers)
    if user is None:
        assert (answer.status_code, code(answer)) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert ANN_KEY not in answer.text
    else:
        batch = await service.nobody.get(answer.headers["location"], headers=headers)
        assert batch.json()["user_id"] == user


async def test_a_key_in_the_address_is_none(service: Closed) -> None:
    for name in ("key", "api_key", "token", "access_token"):
        assert (await service.nobody.get(f"{BATCHES}?{name}={ANN_KEY}")).status_code == 401


async def test_what_is_not_there_is_told_to_nobody(service: Closed) -> None:
    assert (await service.nobody.get("/nope")).status_code == 401
    assert (await service.nobody.options(BATCHES)).status_code == 401
    assert (await service.ann.get("/nope")).status_code == 404


async def test_a_websocket_shows_its_key_as_a_subprotocol(service: Closed) -> None:
    task = (await service.ann.post(SUBMIT, json=BODY)).json()["task_id"]
    await service.ann.post(f"{BATCHES}/{task}/cancel")
    async with served(service.api) as address:
        for offered, accepted, expected in (
            (["photobatch", f"photobatch.key.{ANN_KEY}"], "photobatch", 1000),
            ([f"photobatch.key.{ANN_KEY}"], None, 1000),
            (["photobatch", f"photobatch.key.{BEN_KEY}"], "photobatch", 4404),
            (["photobatch", f"photobatch.key.{WRONG_KEY}"], "photobatch", 4401),
            (["photobatch"], "photobatch", 4401),
        ):
            async with connect(f"ws://{address}/ws/batch/{task}", subprotocols=offered) as socket:  # type: ignore[arg-type]
                assert socket.subprotocol == accepted
                assert (await all_said(socket))[1] == expected


def opened(world: World, access: Access, host: str = "127.0.0.1:8001") -> httpx.AsyncClient:
    api = create_api(replace(world.services, access=access))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url=f"http://{host}")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://127.0.0.1:8001", True),
        ("https://127.0.0.1:8001", True),
        ("https://photos.example", True),
        ("https://PHOTOS.example", True),
        ("http://photos.example", False),
        ("https://photos.example:444", False),
        ("https://evil.example", False),
        ("http://127.0.0.1:9000", False),
        ("null", False),
        ("http://[", False),
    ],
)
async def test_pages_from_elsewhere_change_nothing(world: World, origin: str | None, allowed: bool) -> None:
    headers = {"Origin": origin} if origin else {}
    async with opened(world, Access(origins=frozenset({"https://photos.example"}))) as http:
        answer = await http.post(SUBMIT, json=BODY, headers=headers)
        assert answer.status_code == (202 if allowed else 403), answer.text
        assert allowed or code(answer) == "forbidden_origin"
        assert (await http.get(BATCHES, headers=headers)).status_code == 200  # which no page of theirs may read
        assert len((await http.get(BATCHES)).json()["items"]) == allowed


async def test_pages_from_elsewhere_follow_nothing(world: World) -> None:
    task = await world.submit()
    await world.http.post(f"{BATCHES}/{task}/cancel")
    api = create_api(replace(world.services, access=Access(origins=frozenset({"https://photos.example"}))))
    async with served(api) as address:
        for origin, expected in (
            (f"http://{address}", 1000),
            ("https://photos.example", 1000),
            ("https://evil.example", 4401),
            ("null", 4401),
        ):
            async with connect(f"ws://{address}/ws/batch/{task}", origin=origin) as socket:  # type: ignore[arg-type]
                assert (await all_said(socket))[1] == expected, origin


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8001", True),
        ("localhost:8001", True),
        ("box.localhost", True),
        ("[::1]:8001", True),
        ("192.168.1.5:8001", True),
        ("photobatch:8001", True),
        ("photos.example", True),
        ("photos.example:8001", False),
        ("evil.example:8001", False),
        ("127.0.0.1.evil.example", False),
    ],
)
async def test_a_name_that_is_not_ours_leads_nowhere_without_keys(world: World, host: str, allowed: bool) -> None:
    async with opened(world, Access(origins=frozenset({"https://photos.example"})), host) as http:
        answer = await http.get(BATCHES)
        assert answer.status_code == (200 if allowed else 403)
        assert allowed or code(answer) == "forbidden_host"
        assert (await http.get("/api/v1/health/live")).status_code == 200


async def test_with_keys_any_name_will_do(service: Closed) -> None:
    assert (await service.ann.get(BATCHES, headers={"Host": "any.example"})).status_code == 200


async def test_cors_is_closed(world: World) -> None:
    asks = {"Origin": "https://photos.example", "Access-Control-Request-Method": "POST"}
    answers = [await world.http.options(SUBMIT, headers=asks), await world.http.get(BATCHES, headers=asks)]
    assert [name for answer in answers for name in answer.headers if name.startswith("access-control")] == []


async def test_cors_knows_every_method_that_routes_take(world: World) -> None:
    origin = "https://photos.example"
    async with closed(world, origins=frozenset({origin})) as service:
        paths = (await service.ann.get("/openapi.json")).json()["paths"]
        methods = {method.upper() for operations in paths.values() for method in operations}
        assert "PATCH" in methods
        for method in methods:
            asked = {"Origin": origin, "Access-Control-Request-Method": method}
            assert (await service.nobody.options("/api/v1/batch", headers=asked)).status_code == 200, method


async def test_cors_is_open_to_listed_origins(world: World) -> None:
    ours = {"Origin": "https://photos.example"}
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}
    async with closed(world, origins=frozenset({"https://photos.example"})) as service:
        before = await service.nobody.options(SUBMIT, headers=ours | asks)
        assert before.status_code == 200
        assert before.headers["access-control-allow-origin"] == "https://photos.example"
        for client, status in ((service.ann, 200), (service.nobody, 401)):  # it may read why it was refused
            answer = await client.get(BATCHES, headers=ours)
            assert answer.status_code == status
            assert answer.headers["access-control-allow-origin"] == "https://photos.example"
        other = await service.ann.get(BATCHES, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
        assert "access-control-allow-credentials" not in before.headers


async def test_every_answer_is_harmless_to_a_browser(world: World) -> None:
    async def broken(*args: Any) -> Any:
        raise RuntimeError("a bug")

    task = await world.submit()
    good = [await world.http.get(path) for path in ("/", "/docs", "/openapi.json", BATCHES, f"{BATCHES}/{task}")]
    bad = [await world.http.get("/nope"), await world.http.post(SUBMIT, content=b"x")]
    world.coordinator.get = broken  # type: ignore[method-assign]
    bad.append(await world.http.get(f"{BATCHES}/{task}"))
    assert bad[-1].status_code == 500
    for answer in good + bad:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        kept = "no-cache" if answer.request.url.path == "/" else "no-store"
        assert answer.headers.get_list("cache-control") == [kept]
        assert ("sandbox" in policy) == (answer.request.url.path not in {"/", "/docs"})


async def test_the_documentation_needs_nobody_else(world: World) -> None:
    page = await world.http.get("/docs")
    assert "://" not in page.text
    assert "'unsafe-inline'" not in page.headers["content-security-policy"].partition("script-src")[2].split(";")[0]
    sources = [part.split('"')[0] for mark in ('src="', 'href="') for part in page.text.split(mark)[1:]]
    assert len(sources) == 4
    for source in sources:
        answer = await world.http.get(source)
        assert answer.status_code == 200, source
        assert answer.content
    assert "<script>" not in page.text, "the policy would not run it"
    assert (await world.http.get("/docs/../openapi.json")).status_code in {200, 422}
    assert (await world.http.get("/docs/other.js")).status_code == 422


async def test_the_document_tells_how_to_show_a_key(world: World) -> None:
    document = (await world.http.get("/openapi.json")).json()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "key"}
    assert "photobatch.key." in document["info"]["description"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            is_closed = "/health" not in path and not path.startswith("/s/")
            assert ("security" in operation) == is_closed, path
            assert ("401" in operation["responses"]) == is_closed, path
            examples = operation["responses"].get("403", {}).get("content", {})
            assert ("forbidden_origin" in str(examples)) == (is_closed and method != "get"), (method, path)


async def test_too_many_requests_are_told_when_to_come_back(world: World) -> None:
    async with closed(world, rate_limit=0.5) as service:
        answers = [await service.ann.get(BATCHES) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429]
        assert code(answers[-1]) == "rate_limited"
        assert answers[-1].headers["retry-after"] in {"1", "2"}
        assert (await service.ben.get(BATCHES)).status_code == 200, "each has their own"
        assert (await service.ann.get("/api/v1/health/live")).status_code == 200
        async with served(service.api) as address:
            url = f"ws://{address}/ws/batch/b1"
            async with connect(url, additional_headers={"X-API-Key": ANN_KEY}) as socket:
                assert await all_said(socket) == ([], 1013)


def test_a_bucket_fills_at_its_pace() -> None:
    now = 0.0
    rate = Rate(2.0, lambda: now)

    for then, requests in ((0.0, 20), (3.0, 6), (1e6, 20)):  # and is never fuller than full
        now = then
        for _ in range(requests):
            rate.count("ann")
        with pytest.raises(BatchError) as refused:
            rate.count("ann")
        assert refused.value.retry_after_s is not None
        assert 0 < refused.value.retry_after_s <= 0.5


async def test_many_photos_at_once_are_no_trouble_without_a_limit(service: Closed) -> None:
    answers = await asyncio.gather(*(service.ann.get(BATCHES) for _ in range(300)))
    assert {answer.status_code for answer in answers} == {200}
