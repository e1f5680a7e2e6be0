"""Results in order on the page: selected, saved, adjusted, looked at anew, named, taken into a phone's album."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from skimage import data

from benchmarks.servers.server import Server
from tests.service.page.visitor import DESKTOP, PHONE, Visitor
from tests.web.touch import Touch

OpenPage = Callable[..., Page]
# Nobody is there to choose an app: the share sheet notes what it was given.
ALBUM = """
navigator.canShare = () => true;
navigator.share = async ({files}) => { (window.album ??= []).push(...files.map(({name, size}) => [name, size])); };
"""


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("six")
    paths = []
    for number in range(6):
        picture = Image.fromarray((data.astronaut if number % 3 else data.coffee)())
        paths.append(folder / f"{number}.jpg")
        picture.crop((number, number, picture.width - 50, picture.height - 50)).save(paths[-1], quality=90)
    return paths


def zipped(page: Page, path: Path, press: Callable[[], None]) -> tuple[str, list[str]]:
    with page.expect_download() as saving:
        press()
    saving.value.save_as(path)
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None
        return saving.value.suggested_filename, found.namelist()


def test_photos_are_looked_at_selected_taken_out_and_put_back(
    open_page: OpenPage, server: Server, six: list[Path]
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    chosen = page.get_by_role("listbox").get_by_role("option", selected=True)
    visitor.come()
    visitor.choose(six)
    visitor.cell(1).click()
    viewer = page.get_by_role("dialog")
    expect(viewer.get_by_text("1.jpg")).to_be_visible()
    page.keyboard.press("Space")
    expect(viewer.get_by_role("button", name="Select this photo")).to_have_attribute("aria-pressed", "true")
    visitor.accessible()
    page.keyboard.press("Escape")
    expect(chosen).to_have_count(1)
    visitor.cell(4).click(modifiers=["Shift"])
    expect(chosen).to_have_count(4)
    visitor.cell(2).click(modifiers=["Control"])
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("Delete")
    expect(page.locator("footer.bar p")).to_contain_text("3 photos")
    visitor.press("Undo")
    expect(page.locator("footer.bar p")).to_contain_text("6 photos")
    expect(visitor.cell(1)).to_have_attribute("aria-label", "1.jpg")
    visitor.cell(0).click(modifiers=["Control"])
    page.keyboard.press("Control+a")
    expect(chosen).to_have_count(6)
    page.keyboard.press("Escape")
    expect(chosen).to_have_count(0)
    page.reload()
    expect(page.locator("footer.bar p")).to_contain_text("6 photos")


def test_some_are_found_named_and_saved(open_page: OpenPage, server: Server, six: list[Path], tmp_path: Path) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(six, "beauty_heavy")
    visitor.start()
    visitor.status("completed")
    expect(visitor.tab("noFace")).to_have_text("No face 2")
    expect(visitor.tab("changed")).to_be_hidden()
    visitor.tab("noFace").click()
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(2)
    expect(visitor.cell(1)).to_have_attribute("aria-label", "3.jpg, done, no face")
    visitor.tab("all").click()

    visitor.press("Name this batch")
    page.get_by_label("Name", exact=True).fill("Anna & Ben")
    visitor.press("Save")
    expect(page.locator(".batch-head h1")).to_have_text("Anna & Ben")
    name, names = zipped(page, tmp_path / "all.zip", lambda: visitor.press("Save all (ZIP)"))
    assert (name, len(names)) == ("Anna & Ben.zip", 6)

    visitor.cell(1).click(modifiers=["Control"])
    visitor.cell(3).click(modifiers=["Shift"])
    visitor.cell(2).click()
    tools = page.get_by_role("toolbar", name="What to do with the selection")
    save = tools.get_by_role("button", name="Save", exact=True)
    assert zipped(page, tmp_path / "two.zip", save.click)[1] == ["1.jpg", "3.jpg"]
    visitor.accessible()
    visitor.seen("desktop-en-selected")
    tools.get_by_role("button", name="More").click()
    originals = tools.get_by_role("button", name="Save originals")
    zipped(page, tmp_path / "raw.zip", originals.click)
    with zipfile.ZipFile(tmp_path / "raw.zip") as found:
        assert found.read("3.jpg") == six[3].read_bytes()
    tools.get_by_role("button", name="Clear selection").click()


def test_one_is_adjusted_and_all_get_another_look_without_an_upload(
    open_page: OpenPage, server: Server, six: list[Path]
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(six, "beauty_heavy")
    task = visitor.start()
    visitor.status("completed")
    before = server.photos(task)[1]["result"]["sha256"]
    visitor.cell(1).click()
    visitor.press("Adjust this photo")
    page.locator("dialog.adjust").get_by_label("Strength of the whole", exact=True).fill("0.2")
    expect(page.locator("dialog.adjust .stage img")).to_be_visible()
    visitor.accessible()
    visitor.seen("desktop-en-adjust")
    visitor.press("Run again")
    expect(page.locator("dialog.adjust")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(visitor.tab("changed")).to_have_text("Adjusted 1")
    visitor.status("completed")
    changed = server.ended(task) and server.photos(task)[1]
    assert changed["own_params"] == {"strength": 0.2}
    assert changed["result"]["sha256"] != before

    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/uploads" in request.url else None)
    visitor.press("Another look")
    visitor.card("color_mono").click()
    expect(page.locator(".stage img")).to_be_visible()
    again = visitor.start()
    visitor.status("completed")
    assert [photo["name"] for photo in server.photos(again)] == [path.name for path in six]
    assert server.batch(again)["preset"]["id"] == "color_mono"
    assert sent == []


def test_values_differ_by_photo(open_page: OpenPage, server: Server, six: list[Path]) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(six, "filter_warm")
    page.get_by_label("Contrast", exact=True).fill("0.3")
    strip = page.get_by_role("listbox", name="Photos to see with this look")
    strip.get_by_role("option").nth(2).click()
    expect(page.get_by_role("img", name="2.jpg with this look")).to_be_visible()
    visitor.press("This photo")
    page.get_by_label("Exposure", exact=True).fill("0.5")
    expect(strip.get_by_role("option", name="2.jpg, adjusted")).to_be_visible()
    strip.get_by_role("option").nth(4).click(modifiers=["Control"])
    strip.get_by_role("option").nth(5).click(modifiers=["Shift"])
    page.get_by_label("Exposure", exact=True).fill("-0.5")
    expect(page.get_by_role("button", name="2 selected", pressed=True)).to_be_visible()
    visitor.accessible()
    visitor.seen("desktop-en-own-values")
    page.reload()
    expect(strip.get_by_role("option", name="adjusted")).to_have_count(3)
    task = visitor.start()
    visitor.status("completed")
    own = {"exposure": 0.5}, {"exposure": -0.5}
    assert [photo["own_params"] for photo in server.photos(task)] == [None, None, own[0], None, own[1], own[1]]
    assert server.batch(task)["preset"]["params"]["contrast"] == pytest.approx(0.3)
    expect(visitor.tab("changed")).to_have_text("Adjusted 3")


def test_on_a_phone_the_photos_have_the_screen_and_go_into_the_album(
    open_page: OpenPage, server: Server, six: list[Path], tmp_path: Path
) -> None:
    page = open_page(locale="zh-CN", **PHONE)
    page.add_init_script(ALBUM)
    many = [tmp_path / f"{number}.jpg" for number in range(30)]
    for number, path in enumerate(many):
        path.write_bytes(six[number % 6].read_bytes())
    visitor = Visitor(page, server.url)
    visitor.come()
    expect(page.get_by_text("照片只上传到此服务")).to_be_visible()
    expect(page.get_by_text("拖放")).to_have_count(0)
    visitor.press("试用示例照片")
    expect(page.locator("footer.bar p")).to_contain_text("1 张照片")
    page.set_input_files("input[type=file][multiple]", [str(path) for path in many])
    visitor.go_on("beauty_heavy")
    page.get_by_text("文件", exact=True).click()
    page.get_by_label("格式").select_option("avif")  # slow enough to be paused in the middle
    task = visitor.start()
    visitor.press("暂停")
    visitor.status("paused")
    grid = page.locator(".grid").bounding_box()
    assert grid
    assert grid["height"] >= 0.6 * PHONE["viewport"]["height"]  # type: ignore[index]
    expect(page.locator(".primary:visible")).to_have_count(1)
    visitor.accessible()
    visitor.seen("phone-zh-paused")
    visitor.press("继续")
    visitor.status("completed")

    box = visitor.cell(1).bounding_box()
    assert box
    touch = Touch(page)
    touch.put([(box["x"] + 40, box["y"] + 40)])
    expect(visitor.cell(1)).to_have_attribute("aria-selected", "true")  # while the finger still rests there
    touch.put([])
    visitor.cell(2).tap()
    expect(page.get_by_text("已选 2 张")).to_be_visible()
    visitor.accessible()
    visitor.seen("phone-zh-selected")
    page.get_by_role("toolbar", name="所选照片操作").get_by_role("button", name="存入相册").click()
    visitor.press("保存 2 张")
    expect(page.get_by_role("dialog")).to_have_count(0)
    sizes = [[photo["name"].replace(".jpg", ".avif"), photo["result"]["bytes"]] for photo in server.photos(task)[1:3]]
    assert page.evaluate("window.album") == sizes
