"""The files of the page: there for everybody, as they are, and nothing else of the machine."""

import json
import re
from pathlib import Path

import pytest

from tests.deployments.closed import closed
from tests.deployments.conftest import World

WEB = Path(__file__).parents[3] / "web"
FILES = sorted(path for path in WEB.rglob("*") if path.is_file())
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


async def test_every_file_is_there_without_a_key(world: World) -> None:
    async with closed(world) as service:
        for path in FILES:
            answer = await service.nobody.get(f"/web/{path.relative_to(WEB)}")
            assert answer.status_code == 200, path
            assert answer.content == path.read_bytes()
            assert answer.headers["content-type"].partition(";")[0] == TYPES[path.suffix]
            assert answer.headers["cache-control"] == "no-cache"
        front = await service.nobody.get("/")
        assert front.content == (WEB / "index.html").read_bytes()


async def test_a_file_that_has_not_changed_is_not_sent_again(world: World) -> None:
    first = await world.http.get("/web/app.js")
    again = await world.http.get("/web/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["../pyproject.toml", "..%2fpyproject.toml", "%2e%2e/pyproject.toml", "nope.js", "words"]
)
async def test_nothing_else_is_there(world: World, path: str) -> None:
    answer = await world.http.get(f"/web/{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_whatever_the_page_names_exists() -> None:
    named = set()
    for path in FILES:
        if path.suffix in {".js", ".html", ".webmanifest", ".css"}:
            named |= set(re.findall(r'"(/web/[\w./-]+)"', path.read_text()))
    assert len(named) > 20
    assert [name for name in sorted(named) if not (WEB.parent / name[1:]).is_file()] == []


def test_every_symbol_that_is_shown_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="icon-(\w+)"', (WEB / "icons.svg").read_text()))
    shown = set()
    for path in FILES:
        if path.suffix == ".js":
            shown |= set(re.findall(r'\b(?:icon|iconButton|button|steer)\("(\w+)"', path.read_text()))
    assert shown > {"plus", "trash", "retry"}
    assert shown - drawn == set()


def test_it_can_be_installed() -> None:
    manifest = json.loads((WEB / "manifest.webmanifest").read_text())
    assert manifest["display"] == "standalone"
    for entry in manifest["icons"]:
        data = (WEB.parent / entry["src"][1:]).read_bytes()
        assert data.startswith(b"\x89PNG")
        width, height = (int.from_bytes(data[start : start + 4]) for start in (16, 20))
        assert entry["sizes"] == f"{width}x{height}"
    assert {entry["sizes"] for entry in manifest["icons"]} >= {"192x192", "512x512"}
