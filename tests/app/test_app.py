"""The phone app: checked and bundled, and its web build on the real service with 60 photos."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from skimage import data

from tests.app.conftest import APP, ROOT, Site
from tests.app.phone import PHONE, Phone

pytestmark = pytest.mark.slow
OpenPage = Callable[..., Page]
HERMES = bytes.fromhex("c61fbc03c103191f")  # how bytecode of Hermes begins


@pytest.fixture(scope="module")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("sixty")
    pictures = [Image.fromarray(getattr(data, name)()) for name in ("astronaut", "coffee", "chelsea", "rocket")]
    paths = [folder / f"IMG_{number:03}.jpg" for number in range(60)]
    for number, path in enumerate(paths):
        picture = pictures[number % 4]
        picture.crop((number, number // 2, picture.width - 70, picture.height - 60)).save(path, quality=90)
    return paths


def test_it_is_bundled_for_phones_as_bytecode(built: Path) -> None:
    for system in ("android", "ios"):
        [bundle] = (built / "phones/_expo/static/js" / system).glob("*.hbc")
        assert bundle.read_bytes()[:8] == HERMES


def test_its_types_are_those_of_the_service(built: Path, tmp_path: Path) -> None:
    document, types = tmp_path / "openapi.json", tmp_path / "schema.ts"
    subprocess.run([sys.executable, "-m", "deployments.reference.openapi", document], cwd=ROOT, check=True)
    command = ["npx", "openapi-typescript", "--default-non-nullable", "false", "--output", types, document]
    subprocess.run(command, cwd=APP, check=True, capture_output=True)
    assert types.read_text() == (APP / "generated/schema.ts").read_text(), "make app-types brings them up to date"


def test_sixty_photos_on_a_phone_in_chinese(open_page: OpenPage, site: Site, sixty: list[Path]) -> None:
    phone = Phone(open_page(locale="zh-CN", **PHONE), site.url)
    page = phone.page
    phone.begin(site.service.url, "服务地址", "使用此服务")
    expect(page.get_by_role("heading", name="一次修好许多照片")).to_be_visible()
    phone.seen("zh-1-empty")
    phone.choose(sixty, "选择照片")
    expect(page.get_by_text("60 张照片")).to_be_visible()
    phone.press("全选")
    expect(page.get_by_text("已选 60 张")).to_be_visible()
    assert page.get_by_test_id(re.compile("^cell-")).count() < 60  # only what can be seen
    phone.seen("zh-2-selected")
    phone.press("取消选择")

    phone.press("选择效果")
    expect(page.get_by_test_id("preview")).to_be_visible()
    expect(phone.look("filter_cool").locator("img")).to_be_visible()
    phone.look("filter_warm").click()
    expect(page.get_by_test_id("preview")).to_be_visible()
    phone.seen("zh-3-look")

    phone.press("开始处理 60 张照片")
    phone.status("completed")
    expect(page.get_by_role("heading", name="暖色滤镜")).to_be_visible()
    expect(page.get_by_test_id("filter-succeeded")).to_have_text("已完成 60")
    expect(phone.cell(3).locator("img")).to_be_visible()
    phone.seen("zh-4-done")
    [batch] = site.service.http.get("/api/v1/batch").json()["items"]
    names = [photo["name"] for photo in site.service.photos(batch["task_id"])]
    assert sorted(names) == [path.name for path in sixty]

    phone.cell(3).click()
    expect(page.get_by_test_id("after").locator("img")).to_be_visible()
    expect(page.get_by_test_id("before").locator("img")).to_be_visible()
    phone.seen("zh-5-viewer")
    with page.expect_download() as saving:
        phone.press("保存")
    assert saving.value.suggested_filename == "IMG_003.jpg"
    phone.press("关闭")
    page.get_by_role("button", name="返回").click()
    phone.press("我的批次")
    expect(page.get_by_test_id("batch-row")).to_contain_text("暖色滤镜")
    phone.seen("zh-6-batches")


def test_a_killed_app_goes_on_and_nothing_is_there_twice(open_page: OpenPage, site: Site, sixty: list[Path]) -> None:
    """Answers are lost and the app is killed in the middle: the next start goes on with the same batch."""
    phone = Phone(open_page(locale="en-US", color_scheme="dark", **PHONE), site.url)
    page = phone.page
    phone.begin(site.service.url, "Address of the service", "Use this service")
    phone.choose(sixty[:12], "Choose photos")
    phone.press("Choose a look")
    expect(page.get_by_test_id("preview")).to_be_visible()
    phone.seen("en-dark-look")
    handed_in = []

    def lose(route: Route) -> None:
        handed_in.append(route.fetch().json().get("task_id"))
        route.abort()

    page.route("**/api/v1/batch/submit", lose, times=1)
    page.route("**/api/v1/batch/*/photos?at=*", lose)
    phone.press("Start with 12 photos")
    expect(page.get_by_test_id("coming")).to_contain_text("It goes on when the connection is back.")
    phone.seen("en-dark-coming")
    page.wait_for_function(  # a browser's files do not outlive the page, unlike a phone's
        "() => JSON.parse(localStorage.getItem('draft')).going.photos.every(({upload}) => upload)"
    )
    page.goto("about:blank")
    page.unroute_all(behavior="ignoreErrors")  # one may be on its way
    page.goto(site.url)
    phone.status("completed")
    expect(page.get_by_test_id("filter-all")).to_have_text("All 12")
    names = [photo["name"] for photo in site.service.photos(handed_in[0])]
    assert names == [path.name for path in sixty[:12]]
    phone.press("Back")
    phone.press("My batches")
    expect(page.get_by_test_id("batch-row")).to_have_count(1)
    whose = site.service.batch(handed_in[0])["user_id"]
    [only] = site.service.http.get("/api/v1/batch", params={"user_id": whose}).json()["items"]
    assert only["task_id"] == handed_in[0]


def test_first_results_come_before_the_last_upload(open_page: OpenPage, site: Site, sixty: list[Path]) -> None:
    phone = Phone(open_page(locale="en-US", **PHONE), site.url)
    page = phone.page
    phone.begin(site.service.url, "Address of the service", "Use this service")
    phone.choose(sixty[:6], "Choose photos")
    phone.press("Choose a look")
    expect(page.get_by_test_id("preview")).to_be_visible()
    held = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**/uploads?name={sixty[5].name}", hold)
    phone.press("Start with 6 photos")
    expect(page.get_by_test_id("filter-succeeded")).to_have_text("Done 5", timeout=60_000)
    expect(phone.cell(0).locator("img")).to_be_visible()
    expect(page.get_by_test_id("coming")).to_contain_text("5 of 6 photos are sent.")
    phone.seen("en-coming")
    held[0].continue_()
    phone.status("completed")
    expect(page.get_by_test_id("filter-succeeded")).to_have_text("Done 6")
    expect(page.get_by_test_id("coming")).to_have_count(0)


def test_another_look_in_one_light(open_page: OpenPage, site: Site, sixty: list[Path]) -> None:
    """The same photos with another look: nothing is uploaded again."""
    phone = Phone(open_page(locale="en-US", **PHONE), site.url)
    page = phone.page
    phone.begin(site.service.url, "Address of the service", "Use this service")
    phone.choose(sixty[:3], "Choose photos")
    phone.press("Choose a look")
    phone.press("Start with 3 photos")
    phone.status("completed")
    uploads: list[str] = []
    page.on("request", lambda request: uploads.append(request.url) if "/uploads" in request.url else None)
    phone.press("Another look")
    expect(page.get_by_test_id("preview")).to_be_visible()
    phone.look("filter_cool").click()
    page.get_by_label("Match the light of all photos").check()
    phone.seen("en-light")
    phone.press("Start with 3 photos")
    expect(page.get_by_role("heading", name="Cool", exact=True)).to_be_visible()
    phone.status("completed")
    expect(page.get_by_test_id("filter-succeeded")).to_have_text("Done 3")
    whose = page.evaluate("JSON.parse(localStorage.getItem('user'))")
    newest, before = site.service.http.get("/api/v1/batch", params={"user_id": whose}).json()["items"]
    assert (newest["consistency"], newest["open"], before["consistency"]) == ("shoot", False, "none")
    assert uploads == []

    phone.cell(1).click()
    phone.press("Adjust")
    expect(page.get_by_test_id("preview")).to_be_visible()
    page.get_by_test_id("slider-strength").press("Home")
    expect(page.get_by_test_id("preview")).to_be_visible()
    phone.seen("en-adjust")
    phone.press("Run again")
    phone.press("Close")
    phone.status("completed")
    photos = site.service.photos(newest["task_id"])
    assert [photo["own_params"] for photo in photos] == [None, {"strength": 0}, None]


def test_pause_resume_stop_retry_and_delete(open_page: OpenPage, site: Site, sixty: list[Path], tmp_path: Path) -> None:
    phone = Phone(open_page(locale="en-US", color_scheme="dark", **PHONE), site.url)
    page = phone.page
    page.on("dialog", lambda dialog: dialog.accept())
    text = tmp_path / "text.jpg"
    text.write_text("this is no photo")
    phone.begin(site.service.url, "Address of the service", "Use this service")
    phone.choose([*sixty, text], "Choose photos")
    phone.press("Choose a look")
    phone.look("beauty_heavy").click()
    phone.press("Start with 61 photos")
    phone.press("Pause")
    phone.status("paused")
    phone.seen("en-dark-paused")
    expect(page.get_by_test_id("coming")).to_have_count(0, timeout=60_000)  # all photos are there
    phone.press("Resume")
    phone.press("Stop")
    phone.status("cancelled")
    phone.press("Retry the rest")
    phone.status("completed")
    expect(page.get_by_test_id("filter-succeeded")).to_have_text("Done 60")
    expect(page.get_by_text("1 photo cannot be taken.")).to_be_visible()
    phone.seen("en-dark-done")
    phone.press("Delete")
    expect(page.get_by_text("text.jpg: This is not a photo")).to_be_visible()
    phone.seen("en-dark-refused")
    phone.press("Take them out")
    expect(page.get_by_role("heading", name=re.compile("Retouch many"))).to_be_visible()
