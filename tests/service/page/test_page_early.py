"""A batch begins with the first photo that has arrived, and the others follow it: each once, in their order."""

import threading
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from benchmarks.servers.server import Server
from tests.service.page.visitor import DESKTOP, Visitor

OpenPage = Callable[..., Page]


def test_the_first_results_are_there_before_the_last_upload_and_a_reload_loses_nothing(
    open_page: OpenPage, server: Server, photo_folder: Path, tmp_path: Path
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    photos = []
    for number in range(12):
        photos.append(tmp_path / f"{number:02}.jpg")
        photos[-1].write_bytes((photo_folder / "rocket.jpg").read_bytes() + bytes(number))  # each another file
    gate = threading.Semaphore(3)  # the line to the service: three files pass, the others wait

    def narrow(route: Route) -> None:
        waiting.append(route)
        pass_on()

    waiting: list[Route] = []

    def pass_on() -> None:
        while waiting and gate.acquire(blocking=False):
            waiting.pop(0).continue_()

    page.route("**/api/v1/uploads?**", narrow)
    visitor.begin(photos, "filter_cool")
    task = visitor.start()
    assert server.batch(task)["open"]
    expect(visitor.tab("succeeded")).to_have_text("Done 3")
    expect(page.locator(".coming")).to_contain_text("3 of 12 photos are there")
    visitor.accessible()
    visitor.seen("desktop-en-early")

    page.on("dialog", lambda dialog: dialog.accept())  # it asks whether to leave
    page.unroute("**/api/v1/uploads?**")
    page.route("**/api/v1/uploads?name=07.jpg", lambda route: route.fulfill(status=413, body="too large"))
    page.reload()
    visitor.status("completed")
    names = [path.name for path in photos]
    assert [photo["name"] for photo in server.photos(task)] == names[:7] + names[8:]
    assert not server.batch(task)["open"]
    page.goto(f"{server.url}/#/")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option")).to_have_attribute("aria-label", "07.jpg: This is larger than the service takes.")
