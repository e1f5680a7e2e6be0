"""Going away from the page, giving up, coming back: what was meant happens, once."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from benchmarks.servers.server import Server
from tests.service.page.visitor import DESKTOP, PHONE, Visitor

OpenPage = Callable[..., Page]


@pytest.fixture
def photos(photo_folder: Path) -> list[Path]:
    return [photo_folder / f"{name}.jpg" for name in ("astronaut", "coffee", "chelsea")]


def mine(page: Page, server: Server) -> list[str]:
    """The ids of the batches of this browser, newest first."""
    user = page.evaluate("localStorage.getItem('photobatch.user')")
    listed = server.http.get("/api/v1/batch", params={"user_id": user}).json()
    return [batch["task_id"] for batch in listed["items"]]


class Held:
    """Holds the requests of a route until it is told to let them go."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.routes: list[Route] = []
        page.route(pattern, self.hold)

    def hold(self, route: Route) -> None:
        self.routes.append(route)

    def let_go(self) -> None:
        for route in self.routes:
            route.continue_()


def test_a_submit_whose_answer_was_lost_is_one_batch_after_a_reload_too(
    open_page: OpenPage, server: Server, photos: list[Path]
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(photos, "filter_warm")
    page.get_by_label("Contrast", exact=True).fill("0.3")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/batch/submit", lose)
    page.locator("footer.bar .primary").click()
    expect(page.get_by_role("dialog")).to_contain_text("cannot be reached")
    page.unroute("**/batch/submit")
    page.reload()
    expect(visitor.card("filter_warm")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Contrast", exact=True)).to_have_value("0.3")
    task = visitor.start()
    visitor.status("completed")
    assert mine(page, server) == [task]


def test_given_up_while_uploading_there_is_no_batch(open_page: OpenPage, server: Server, photos: list[Path]) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    uploads = Held(page, "**/api/v1/uploads?**")
    visitor.begin(photos[:1], "filter_warm")  # its only upload was begun for the preview
    page.locator("footer.bar .primary").click()
    visitor.press("Cancel")
    expect(page.get_by_role("dialog")).to_have_count(0)
    uploads.let_go()
    expect(page.locator(".stage img")).to_be_visible()
    assert mine(page, server) == []
    expect(page.locator("footer.bar .primary")).to_have_text("Start with 1 photo")


def test_whoever_closes_the_dialog_while_it_is_handed_in_is_led_to_the_batch(
    open_page: OpenPage, server: Server, photos: list[Path]
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(photos, "filter_warm")
    submits = Held(page, "**/batch/submit")
    with page.expect_request("**/batch/submit"):
        page.locator("footer.bar .primary").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    submits.let_go()
    task = visitor.arrived()
    assert mine(page, server) == [task]


def test_what_a_proxy_refuses_is_named_and_the_others_go_on(
    open_page: OpenPage, server: Server, photos: list[Path]
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    asked = threading.Semaphore(0)

    def refuse(route: Route) -> None:
        if "astronaut" in route.request.url:
            asked.release()
            route.fulfill(status=413, content_type="text/html", body="<h1>Too large</h1>")
        else:
            route.continue_()

    page.route("**/api/v1/uploads?**", refuse)
    visitor.begin(photos, "filter_cool")
    expect(page.locator(".stage img")).to_be_visible()  # the first that is taken is shown
    page.locator("footer.bar .primary").click()
    expect(page.get_by_role("dialog")).to_contain_text("astronaut.jpg This is larger than the service takes.")
    visitor.press("Go on with 2 photos")
    visitor.arrived()
    visitor.status("completed")
    assert asked.acquire(blocking=False)
    assert asked.acquire(blocking=False), "once more at Start"
    assert not asked.acquire(blocking=False), "and no more"


def test_back_leaves_the_viewer_and_then_the_batch(open_page: OpenPage, server: Server, photos: list[Path]) -> None:
    page = open_page(locale="en-US", **PHONE)
    visitor = Visitor(page, server.url)
    visitor.begin(photos, "filter_cool")
    task = visitor.start()
    visitor.status("completed")
    for leave in (page.go_back, lambda: page.keyboard.press("Escape")):
        visitor.cell(1).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        leave()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.url.endswith(f"#/batch/{task}")
        while page.evaluate("history.state?.depth ?? 0"):  # the viewer's step is taken back in a moment
            page.wait_for_timeout(20)
    page.go_back()
    expect(page.get_by_role("heading", name="Retouch many photos at once")).to_be_visible()
    visitor.choose(photos)  # and one can begin anew
    visitor.go_on("filter_warm")


def test_marks_outlive_a_reload_in_the_middle_of_painting(
    open_page: OpenPage, server: Server, photos: list[Path]
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(photos[:1], "erase")
    visitor.press("Mark what to erase on astronaut.jpg")
    canvas = page.locator("dialog.full canvas")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text("1 mark", exact=True)).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())  # it asks whether to leave
    page.reload()
    visitor.press("Mark what to erase on astronaut.jpg")
    expect(page.get_by_text("1 mark", exact=True)).to_be_visible()
    visitor.press("Done")
    expect(page.locator("footer.bar .primary")).to_have_text("Start with 1 photo")
