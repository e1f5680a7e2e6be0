"""Each answer has the name of its request, which the log has too."""

import logging
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from deployments.api import create_api
from deployments.gate.access import Access
from tests.deployments.conftest import World

NAME = "x-request-id"
ORIGIN = "https://photos.example"


async def test_a_request_without_a_name_gets_one(world: World) -> None:
    names = [(await world.http.get(path)).headers[NAME] for path in ("/api/v1/health", "/api/v1/batch", "/nothing")]
    assert len(set(names)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{16}", name) for name in names)


@pytest.mark.parametrize(
    ("given", "kept"), [("trace-1.a_B", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ("<b>", False)]
)
async def test_a_harmless_name_is_kept(world: World, given: str, kept: bool) -> None:
    answer = await world.http.get("/api/v1/health/live", headers={NAME: given})
    assert (answer.headers[NAME] == given) is kept


async def test_a_bug_is_logged_with_the_name_that_its_client_sees(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(world.coordinator, "list_batches", broken)
    with caplog.at_level(logging.ERROR):
        answer = await world.http.get("/api/v1/batch", headers={NAME: "mine"})
    assert (answer.status_code, answer.headers[NAME]) == (500, "mine")
    assert [vars(record)["request"] for record in caplog.records if record.message == "a request failed"] == ["mine"]


@pytest.mark.parametrize(
    ("referer", "shown"),
    [
        (f"{ORIGIN}/album?x=1", True),
        (ORIGIN, True),
        ("HTTPS://PHOTOS.EXAMPLE/", True),
        (f"{ORIGIN}.evil.example/", False),
        ("https://evil.example/https://photos.example/", False),
        ("", False),
    ],
)
async def test_pages_of_listed_origins_may_show_pictures(world: World, referer: str, shown: bool) -> None:
    api = create_api(replace(world.services, access=Access(origins=frozenset({ORIGIN}))))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://test") as http:
        answer = await http.get("/api/v1/health/live", headers={"Referer": referer} if referer else {})
        cors = await http.get("/api/v1/health/live", headers={"Origin": ORIGIN})
    policy = answer.headers["cross-origin-resource-policy"]
    assert policy == ("cross-origin" if shown else "same-origin")
    assert "X-Request-ID" in cors.headers["access-control-expose-headers"], "their scripts may read it"
