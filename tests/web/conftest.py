"""The page's files without a service behind them, and what goes wrong in a page fails its test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.web.opened import BLUE, OPEN, RED, Photo, plain, shown
from tests.web.site import Site, landscape

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
SCREENSHOTS = Path(__file__).parent.parent / "out" / "web"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open the site's empty page in a browser of its own; what goes wrong in it fails the test."""
    contexts = []
    complaints: list[str] = []

    def visit(**options: object) -> Page:
        context = browser.new_context(**({"locale": "en-US"} | DESKTOP | options))
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(site.url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def desktop(visit: Callable[..., Page]) -> Page:
    return visit()


@pytest.fixture
def phone(visit: Callable[..., Page]) -> Page:
    return visit(**PHONE)


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    """Keep what is seen in tests/out/web, for eyes."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return lambda page, name: page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.fixture
def view(site: Site) -> Callable[..., None]:
    site.pictures["red.png"] = plain(2400, 1600, RED)
    site.pictures["blue.png"] = plain(1200, 800, BLUE)
    site.pictures["small.png"] = plain(120, 80, BLUE)
    site.pictures["broken.png"] = b"\x89PNG, once"
    site.pictures["dull.jpg"] = landscape(2400, 1600, sun=(170, 180, 190))
    site.pictures["bright.jpg"] = landscape(1200, 800)

    def view(page: Page, *photos: Photo, index: int = 0, ready: bool = True) -> None:
        page.evaluate(OPEN, {"photos": photos, "index": index})
        if ready:
            shown(page, photos[index]["name"])

    return view
