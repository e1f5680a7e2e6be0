"""The page on the real service: photos up, a batch, photos down; on a phone in Chinese, on a desktop in English."""

import base64
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from skimage import data

from benchmarks.servers.server import Server
from tests.models.codec.raw.raw_samples import dng
from tests.service.page.visitor import DESKTOP, PHONE, Visitor

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("sixty")
    pictures = [Image.fromarray(getattr(data, name)()) for name in ("astronaut", "coffee", "chelsea", "rocket")]
    paths = []
    for number in range(60):
        picture = pictures[number % 4]
        width, height = picture.size
        left, top = (number * 7) % 60, (number * 5) % 50
        part = picture.crop((left, top, left + width - 80, top + height - 80))
        paths.append(folder / f"IMG_{number:03}.jpg")
        part.save(paths[-1], quality=90)
    return paths


def test_sixty_photos_up_and_down_on_a_phone_in_chinese(
    open_page: OpenPage, server: Server, sixty: list[Path], tmp_path: Path
) -> None:
    visitor = Visitor(open_page(locale="zh-CN", **PHONE), server.url)
    page = visitor.page
    visitor.come()
    expect(page.get_by_role("heading", name="一次修好许多照片")).to_be_visible()
    visitor.accessible()
    visitor.seen("phone-zh-1-empty")

    visitor.choose(sixty)
    expect(visitor.thumbnails().nth(11)).to_be_visible()
    visitor.accessible()
    visitor.seen("phone-zh-2-chosen")

    visitor.go_on("filter_warm")
    expect(page.locator(".stage img")).to_be_visible()
    expect(visitor.card("color_vintage").locator("img")).to_be_visible()
    visitor.accessible()
    visitor.seen("phone-zh-3-look")

    task = visitor.start()
    visitor.status("completed")
    expect(page.locator(".batch-head h1")).to_have_text("暖色滤镜")
    expect(visitor.tab("succeeded")).to_have_text("已完成 60")
    expect(visitor.thumbnails().nth(11)).to_be_visible()
    visitor.accessible()
    visitor.seen("phone-zh-4-done")

    with page.expect_download() as saving:
        visitor.press("全部保存（ZIP）")
    archive = tmp_path / "all.zip"
    saving.value.save_as(archive)
    with zipfile.ZipFile(archive) as found:
        assert sorted(found.namelist()) == [path.name for path in sixty]
        assert found.testzip() is None
    assert [photo["name"] for photo in server.photos(task)] == [path.name for path in sixty]

    visitor.cell(3).click()
    viewer = page.get_by_role("dialog")
    expect(viewer.get_by_text("IMG_003.jpg").first).to_be_visible()
    expect(viewer.get_by_role("slider")).to_be_visible()
    visitor.accessible()
    visitor.seen("phone-zh-5-viewer")
    page.keyboard.press("Escape")

    page.locator("header.top a[href='#/batches']").click()
    expect(page.locator(".batch-row").first).to_contain_text("暖色滤镜")
    visitor.accessible()
    visitor.seen("phone-zh-6-batches")


def test_a_photo_that_fails_says_why_and_what_to_do(
    open_page: OpenPage, server: Server, photo_folder: Path, tmp_path: Path
) -> None:
    visitor = Visitor(open_page(locale="en-US", **DESKTOP), server.url)
    page = visitor.page
    cut = tmp_path / "cut.jpg"  # browsers show what there is of it, so that nobody noticed before
    whole = (photo_folder / "coffee.jpg").read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    visitor.begin([photo_folder / "astronaut.jpg", cut, photo_folder / "chelsea.jpg"], "filter_cool")
    visitor.start()
    visitor.status("completed")
    expect(visitor.tab("failed")).to_have_text("Failed or stopped 1")
    visitor.tab("failed").click()
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_attribute(
        "aria-label", re.compile("cut.jpg, failed: .*another copy")
    )
    visitor.accessible()
    visitor.seen("desktop-en-failed")
    visitor.cell(0).click()
    expect(page.get_by_role("dialog").get_by_text("Choose another copy of it").first).to_be_visible()
    visitor.seen("desktop-en-failed-viewer")
    page.keyboard.press("Escape")
    visitor.press("Retry the rest")
    expect(visitor.tab("failed")).to_have_text("Failed or stopped 1")
    visitor.status("completed")


def test_what_is_no_photo_holds_up_nobody(open_page: OpenPage, server: Server, photo_folder: Path) -> None:
    visitor = Visitor(open_page(locale="en-US", **DESKTOP), server.url)
    page = visitor.page
    visitor.come()
    page.set_input_files(
        "input[type=file][multiple]",
        [str(photo_folder / name) for name in ("astronaut.jpg", "text.jpg", "coffee.jpg")],
    )
    visitor.go_on("filter_warm")
    page.locator("footer.bar .primary").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("text.jpg")).to_be_visible()
    expect(dialog.get_by_text("This is not a photo in a format that the service reads.")).to_be_visible()
    visitor.accessible()
    visitor.seen("desktop-en-refused")
    visitor.press("Go on with 2 photos")
    visitor.arrived()
    visitor.status("completed")
    expect(visitor.tab("succeeded")).to_have_text("Done 2")


def test_what_the_browser_can_t_show_is_looked_at_by_the_service_before(
    open_page: OpenPage, server: Server, photo_folder: Path, tmp_path: Path
) -> None:
    visitor = Visitor(open_page(locale="en-US", **DESKTOP), server.url)
    page = visitor.page
    damaged, scan = tmp_path / "damaged.png", tmp_path / "scan.tiff"
    content = bytearray((photo_folder / "coffee.png").read_bytes())
    for place in range(len(content) // 2, len(content) // 2 + 1000):
        content[place] ^= 0xFF
    damaged.write_bytes(content)
    Image.fromarray(data.chelsea()).save(scan)
    visitor.come()
    visitor.choose([damaged, scan])
    expect(visitor.cell(1).locator("img")).to_be_visible()
    expect(
        page.get_by_role("listbox").get_by_role(
            "option", name="damaged.png: The file is damaged. Choose another copy of it."
        )
    ).to_be_visible()
    visitor.seen("desktop-en-chosen-damaged")
    visitor.go_on("filter_warm")
    expect(page.locator(".stage img")).to_be_visible()  # the first that the service takes
    page.locator("footer.bar .primary").click()
    visitor.press("Go on with 1 photo")
    visitor.arrived()
    visitor.status("completed")
    visitor.cell(0).click()
    expect(page.get_by_role("dialog").get_by_role("slider")).to_be_visible()  # the TIFF too has its before


def test_a_camera_s_raw_file_is_seen_and_retouched(open_page: OpenPage, server: Server, tmp_path: Path) -> None:
    visitor = Visitor(open_page(locale="en-US", **DESKTOP), server.url)
    photo = tmp_path / "1.dng"
    photo.write_bytes(dng((data.chelsea()[:, :450] / 255) ** 2.2, packed=True))
    visitor.come()
    visitor.choose([photo])
    expect(visitor.cell(0).locator("img")).to_be_visible()
    visitor.go_on("filter_warm")
    visitor.page.locator("footer.bar .primary").click()
    visitor.arrived()
    visitor.status("completed")
    visitor.cell(0).click()
    expect(visitor.page.get_by_role("dialog").get_by_role("slider")).to_be_visible()


def test_pause_reload_resume_and_stop(open_page: OpenPage, server: Server, sixty: list[Path]) -> None:
    visitor = Visitor(open_page(locale="en-US", **DESKTOP), server.url)
    page = visitor.page
    visitor.begin(sixty, "beauty_heavy")
    page.get_by_text("Files", exact=True).click()
    page.get_by_label("Format").select_option("avif")  # slow enough to be stopped in the middle
    task = visitor.start()
    visitor.press("Pause")
    visitor.status("paused")
    visitor.seen("desktop-en-paused")
    while (counts := server.batch(task)["counts"])["processing"]:  # what had begun is finished
        page.wait_for_timeout(100)
    assert counts["queued"] > 0

    page.reload()
    visitor.status("paused")
    expect(visitor.tab("all")).to_have_text("All 60")
    expect(visitor.tab("succeeded")).to_have_text(f"Done {counts['succeeded']}")
    visitor.press("Resume")
    visitor.status("processing")
    visitor.press("Stop")
    visitor.status("cancelled")
    expect(page.get_by_role("button", name="Retry the rest")).to_be_visible()
    visitor.accessible()
    visitor.seen("desktop-en-stopped")

    visitor.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="My batches")).to_be_visible()


def test_it_works_in_the_dark_and_by_keyboard_alone(open_page: OpenPage, server: Server, sixty: list[Path]) -> None:
    visitor = Visitor(open_page(locale="en-GB", color_scheme="dark", **DESKTOP), server.url)
    page = visitor.page
    visitor.come()
    visitor.choose(sixty[:9])
    page.get_by_role("listbox").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_role("listbox").get_by_role("option", selected=True)).to_have_count(2)
    visitor.press("Remove")
    expect(page.locator("footer.bar p")).to_contain_text("7 photos")
    visitor.accessible()
    visitor.go_on("color_vintage")
    expect(page.locator(".stage img")).to_be_visible()
    page.get_by_label("Exposure", exact=True).focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".slider", has_text="Exposure").locator(".value")).to_have_text("+0.2")
    visitor.accessible()
    visitor.seen("desktop-dark-look")
    task = visitor.start()
    visitor.status("completed")
    assert server.batch(task)["preset"]["params"]["exposure"] == pytest.approx(0.2)
    page.get_by_role("listbox").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    visitor.seen("desktop-dark-viewer")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    visitor.accessible()
    visitor.seen("desktop-dark-done")


def test_the_other_language_is_a_press_away_and_stays(open_page: OpenPage, server: Server) -> None:
    page = open_page(locale="fr-FR", **PHONE)
    visitor = Visitor(page, server.url)
    visitor.come()
    expect(page.get_by_role("heading", name="Retouch many photos at once")).to_be_visible()
    visitor.press("中文")
    expect(page.get_by_role("heading", name="一次修好许多照片")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="一次修好许多照片")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


GIVE = """async ([kind, files, text]) => {
  const data = new DataTransfer();
  for (const [name, type, bytes] of files) {
    data.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], name, {type}));
  }
  if (text) data.setData("text/plain", text);
  const options = {bubbles: true, cancelable: true, [kind === "drop" ? "dataTransfer" : "clipboardData"]: data};
  document.body.dispatchEvent(new (kind === "drop" ? DragEvent : ClipboardEvent)(kind, options));
}"""


def test_photos_are_dropped_and_pasted(open_page: OpenPage, server: Server, photo_folder: Path) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.come()
    content = {
        name: base64.b64encode((photo_folder / name).read_bytes()).decode() for name in ("coffee.jpg", "rocket.jpg")
    }
    bar = page.locator("footer.bar p")
    page.evaluate(
        GIVE, ["drop", [["coffee.jpg", "image/jpeg", content["coffee.jpg"]], ["notes.txt", "text/plain", ""]], ""]
    )
    expect(bar).to_contain_text("1 photo")
    expect(page.get_by_text("1 file is not a photo and was left out.")).to_be_visible()
    page.evaluate(GIVE, ["paste", [["rocket.jpg", "image/jpeg", content["rocket.jpg"]]], ""])
    expect(bar).to_contain_text("2 photos")
    page.evaluate(GIVE, ["paste", [], "look at https://example.org/a.jpg"])
    expect(bar).to_contain_text("3 photos")
    visitor.press("Select")
    visitor.press("Select all")
    visitor.press("Remove")
    expect(page.get_by_role("heading", name="Retouch many photos at once")).to_be_visible()
