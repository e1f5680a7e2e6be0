"""The page when things go wrong: the service killed, the network away, the page left in the middle."""

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from benchmarks.servers.server import Server, serving
from tests.service.page.visitor import DESKTOP, PHONE, Visitor

OpenPage = Callable[..., Page]
KEY = "k" * 32


@pytest.fixture(scope="module")
def closed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own, with API keys; it is killed and started again."""
    with serving(tmp_path_factory.mktemp("closed"), BATCH_API_KEYS=f"{KEY}:ann") as server:
        yield server


@pytest.fixture
def photos(photo_folder: Path) -> list[Path]:
    return [photo_folder / f"{name}.jpg" for name in ("astronaut", "coffee", "chelsea", "rocket")]


@pytest.fixture
def many(photos: list[Path], tmp_path: Path) -> list[Path]:
    """Enough to be stopped in the middle, where each is made an AVIF."""
    return [Path(shutil.copy(photos[n % 4], tmp_path / f"{n:02}.jpg")) for n in range(40)]


@pytest.mark.slow
def test_a_service_with_keys_asks_for_one_and_killed_in_the_middle_it_is_waited_for(
    open_page: OpenPage, closed_server: Server, many: list[Path], tmp_path: Path
) -> None:
    page = open_page(locale="zh-CN", **PHONE)
    visitor = Visitor(page, closed_server.url)
    visitor.come()
    visitor.choose(many)
    page.locator("footer.bar .primary").click()
    page.get_by_label("密钥", exact=True).fill("wrong")
    visitor.press("使用此密钥")
    page.get_by_label("密钥", exact=True).fill(KEY)
    visitor.accessible()
    visitor.seen("phone-zh-key")
    visitor.press("使用此密钥")
    visitor.card("filter_warm").click()
    expect(page.locator(".stage img")).to_be_visible()
    page.get_by_text("文件", exact=True).click()
    page.get_by_label("格式").select_option("avif")
    task = visitor.start()

    headers = {"X-API-Key": KEY}
    closed_server.http.post(f"/api/v1/batch/{task}/pause", headers=headers)
    closed_server.kill()
    try:
        expect(page.get_by_text("连接已断开")).to_be_visible()
        visitor.seen("phone-zh-lost")
    finally:
        closed_server.start()
    closed_server.http.post(f"/api/v1/batch/{task}/resume", headers=headers)
    visitor.status("completed")
    expect(page.get_by_text("连接已断开")).to_be_hidden()
    expect(visitor.tab("succeeded")).to_have_text("已完成 40")
    expect(visitor.thumbnails().nth(11)).to_be_visible(timeout=10_000)

    with page.expect_download() as saving:
        visitor.press("全部保存（ZIP）")
    saving.value.save_as(tmp_path / "all.zip")
    assert (tmp_path / "all.zip").read_bytes().startswith(b"PK")


def test_left_while_uploading_nothing_is_lost(open_page: OpenPage, server: Server, photos: list[Path]) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(photos, "filter_cool")
    expect(page.locator(".stage img")).to_be_visible()  # the first photo is there; the others now hang
    sent: list[str] = []
    held = [True]  # until the page is left
    for asked in ("**/api/v1/uploads?**", "**/api/v1/batch/submit"):
        page.route(asked, lambda route: None if held else route.continue_())
    with page.expect_request("**/api/v1/batch/submit"):  # of the photo that is there: its answer never comes
        page.locator("footer.bar .primary").click()
        expect(page.get_by_role("dialog")).to_contain_text("1 of 4 photos")
        for photo in photos[1:]:
            expect(page.get_by_role("progressbar", name=photo.name)).to_be_visible()
        visitor.seen("desktop-en-uploading")
    page.on("dialog", lambda dialog: dialog.accept())  # it asks whether to leave
    page.on("request", lambda request: None if held or "/uploads" not in request.url else sent.append(request.url))
    page.once("framenavigated", lambda _: held.clear())
    page.evaluate("() => { setTimeout(() => location.reload()) }")  # a reload of Playwright's own may call this aborted
    task = visitor.arrived()
    visitor.status("completed")
    assert server.batch(task)["counts"]["succeeded"] == 4
    assert not [url for url in sent if photos[0].name in url], "what had arrived was not sent again"
    visitor.come()
    expect(page.get_by_role("heading", name="Retouch many photos at once")).to_be_visible()


def test_an_upload_that_breaks_off_is_tried_again(open_page: OpenPage, server: Server, photos: list[Path]) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    failures = iter(["reset", "503", "reset"])

    def disturb(route: Route) -> None:
        match next(failures, None):
            case "reset":
                route.abort("connectionreset")
            case "503":
                route.fulfill(status=503, json={"code": "storage_unavailable", "detail": "not now"})
            case _:
                route.continue_()

    page.route("**/api/v1/uploads?**", disturb)
    visitor.begin(photos, "filter_warm")
    task = visitor.start()
    visitor.status("completed")
    assert [photo["name"] for photo in server.photos(task)] == [path.name for path in photos]


def test_a_submit_whose_answer_is_lost_makes_one_batch(open_page: OpenPage, server: Server, photos: list[Path]) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(photos, "filter_warm")
    answers: list[int] = []

    def lose(route: Route) -> None:
        answers.append(route.fetch().status)
        route.abort("connectionreset")

    page.route("**/batch/submit", lose)
    page.locator("footer.bar .primary").click()
    expect(page.get_by_role("dialog")).to_contain_text("cannot be reached")
    page.unroute("**/batch/submit")
    visitor.press("Try again")
    task = visitor.arrived()
    visitor.status("completed")
    assert answers == [202]
    visitor.come("#/batches")
    expect(page.locator(".batch-row")).to_have_count(1)
    expect(page.locator(".batch-row")).to_have_attribute("href", f"#/batch/{task}")


def test_a_lost_network_is_caught_up_with(open_page: OpenPage, server: Server, photos: list[Path]) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(photos, "beauty_medium")
    task = visitor.start()
    server.http.post(f"/api/v1/batch/{task}/pause")
    page.context.set_offline(True)
    server.http.post(f"/api/v1/batch/{task}/resume")
    server.ended(task)
    page.context.set_offline(False)
    visitor.status("completed")
    expect(visitor.thumbnails()).to_have_count(4)

    page.context.set_offline(True)
    visitor.press("Save all (ZIP)")
    expect(page.get_by_text("cannot be reached")).to_be_visible()


def test_a_network_lost_while_the_photos_are_read_is_caught_up_with(
    open_page: OpenPage, server: Server, photos: list[Path]
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(photos, "filter_warm")
    task = visitor.start()
    visitor.status("completed")
    page.route(f"**/{task}/photos?**", lambda route: route.abort("internetdisconnected"))
    page.reload()
    expect(page.get_by_text("No connection")).to_be_visible()
    expect(visitor.tab("succeeded")).to_have_text("Done 4")
    page.unroute(f"**/{task}/photos?**")
    expect(visitor.thumbnails()).to_have_count(4)
    expect(page.get_by_text("No connection")).to_be_hidden()


def test_a_batch_that_is_gone_says_so(open_page: OpenPage, server: Server) -> None:
    page = open_page(locale="en-US", **PHONE)
    visitor = Visitor(page, server.url)
    visitor.come("#/batch/b01nothere")
    expect(page.get_by_text("There is no such batch")).to_be_visible()
    visitor.seen("phone-en-gone")


def test_the_page_outlives_a_stop_and_says_that_nobody_is_there(
    open_page: OpenPage, closed_server: Server, photos: list[Path]
) -> None:
    page = open_page(locale="en-US", **PHONE)
    visitor = Visitor(page, closed_server.url)
    visitor.come()
    visitor.choose(photos)
    closed_server.signal(signal.SIGINT)
    closed_server.wait()
    try:
        page.locator("footer.bar .primary").click()
        expect(page.get_by_text("cannot be reached").first).to_be_visible()
        visitor.seen("phone-en-unreachable")
    finally:
        closed_server.start()
    page.get_by_role("button", name="Try again").click()
    page.get_by_label("Key", exact=True).fill(KEY)
    visitor.press("Use this key")
    expect(visitor.card("beauty_light")).to_be_visible()
