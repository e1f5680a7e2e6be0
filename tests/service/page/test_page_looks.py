"""Looks on the page: previews, presets of one's own, LUTs, erasing, and giving results to others."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from benchmarks.servers.server import Server
from tests.service.page.visitor import DESKTOP, PHONE, Visitor

OpenPage = Callable[..., Page]
RED = "LUT_3D_SIZE 2\n" + "\n".join(f"1 {g} {b}" for b in (0, 1) for g in (0, 1) for r in (0, 1)) + "\n"


@pytest.fixture
def photos(photo_folder: Path) -> list[Path]:
    return [photo_folder / f"{name}.jpg" for name in ("astronaut", "coffee")]


def shown(page: Page) -> np.ndarray:
    """The large preview, as it is drawn."""
    return np.asarray(Image.open(io.BytesIO(page.locator(".stage img").screenshot())).convert("RGB")).astype(int)


def test_a_slider_shows_and_a_preset_is_kept_and_taken_away(
    open_page: OpenPage, server: Server, photos: list[Path]
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(photos, "filter_warm")
    expect(page.locator(".stage img")).to_be_visible()
    before = shown(page)
    with page.expect_response("**/presets/preview?**"):
        page.get_by_label("Saturation", exact=True).fill("-1")
    expect(page.locator(".stage")).not_to_have_attribute("aria-busy", "true")
    grey = shown(page)
    spread = [np.ptp(picture[50:-50, 50:-50], axis=2).mean() for picture in (before, grey)]
    assert spread[1] < spread[0] / 2, "the colours are gone"

    visitor.press("Save as my preset")
    page.get_by_label("Name").fill("Ash 灰")
    visitor.accessible()
    visitor.press("Save")
    mine = visitor.card("ash")
    expect(mine).to_have_attribute("aria-pressed", "true")
    expect(mine).to_contain_text("Ash 灰")
    expect(mine.locator("img")).to_be_visible()
    visitor.seen("desktop-en-own-preset")
    task = visitor.start()
    visitor.status("completed")
    expect(page.locator(".batch-head h1")).to_have_text("Ash 灰")
    params = server.batch(task)["preset"]["params"]
    assert (params["saturation"], params["temperature"]) == (-1, 0.48)

    visitor.begin(photos, "ash")
    visitor.press("Delete this preset")
    visitor.press("Delete")
    expect(visitor.card("ash")).to_have_count(0)


def test_a_lut_that_is_brought_along_becomes_a_preset(
    open_page: OpenPage, server: Server, photos: list[Path], tmp_path: Path
) -> None:
    page = open_page(locale="zh-CN", **PHONE)
    visitor = Visitor(page, server.url)
    cube = tmp_path / "All red.cube"
    cube.write_text(RED)
    visitor.begin(photos, "filter_warm")
    page.set_input_files("input[accept*=cube]", cube)
    expect(visitor.card("all-red")).to_have_attribute("aria-pressed", "true")
    expect(visitor.card("all-red").locator("img")).to_be_visible()
    expect(page.locator(".stage")).not_to_have_attribute("aria-busy", "true")
    middle = shown(page)
    assert (middle[middle.shape[0] // 2, middle.shape[1] // 2, 0]) > 240
    visitor.seen("phone-zh-lut")
    bad = tmp_path / "bad.cube"
    bad.write_text("this is no LUT")
    page.set_input_files("input[accept*=cube]", bad)
    expect(page.get_by_text("无法读取此 LUT")).to_be_visible()


def test_what_is_painted_over_is_erased(
    open_page: OpenPage, server: Server, photos: list[Path], tmp_path: Path
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    dotted = tmp_path / "dotted.png"
    picture = np.full((400, 600, 3), 128, np.uint8)
    picture[180:220, 280:320] = (255, 0, 0)
    Image.fromarray(picture).save(dotted)
    visitor.begin([dotted, *photos], "erase")
    expect(page.locator("footer.bar .primary")).to_be_disabled()
    visitor.press("Mark what to erase on dotted.png")
    canvas = page.locator("dialog.full canvas").first
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 50, y - 25)
    page.mouse.down()
    for row in range(-25, 30, 10):
        page.mouse.move(x - 50, y + row)
        page.mouse.move(x + 50, y + row)
    page.mouse.up()
    visitor.seen("desktop-en-painting")
    visitor.press("Done")
    expect(page.get_by_text("marked", exact=True)).to_be_visible()
    expect(page.locator("footer.bar .primary")).to_have_text("Start with 1 photo")
    visitor.accessible()
    visitor.seen("desktop-en-erase")
    task = visitor.start()
    visitor.status("completed")
    [photo] = server.photos(task)
    assert photo["name"] == "dotted.png"
    result = np.asarray(Image.open(io.BytesIO(server.http.get(photo["result"]["url"]).content)).convert("RGB"))
    assert np.abs(result.astype(int) - 128).max() < 12


def test_a_link_lets_others_look_until_it_is_ended(open_page: OpenPage, server: Server, photos: list[Path]) -> None:
    page = open_page(locale="en-US", **PHONE)
    visitor = Visitor(page, server.url)
    visitor.begin(photos, "filter_cool")
    visitor.start()
    visitor.status("completed")
    visitor.press("Share")
    page.get_by_label("Title").fill("Summer")
    page.get_by_label("Your name").fill("Studio Nord")
    page.get_by_label("Show the originals").check()
    visitor.press("Make a link")
    link = page.get_by_label("Link", exact=True).input_value()
    visitor.accessible()
    visitor.seen("phone-en-share")

    guest = open_page(locale="en-US", **PHONE)
    person = Visitor(guest, server.url)
    guest.goto(link)
    expect(guest.get_by_role("heading", name="Summer")).to_be_visible()
    expect(guest.get_by_text("from Studio Nord · 2 photos")).to_be_visible()
    expect(guest.locator("main img")).to_have_count(2)
    person.accessible()
    person.seen("phone-en-shared")
    guest.get_by_role("link", name="coffee.jpg").click()
    expect(guest.get_by_role("slider", name="Divider between before and after")).to_be_visible()
    person.accessible()
    guest.keyboard.press("Escape")
    guest.get_by_role("link", name="中文").click()
    expect(guest.get_by_role("link", name="全部保存")).to_be_visible()

    visitor.press("End it")
    expect(page.get_by_role("button", name="End it")).to_have_count(0)
    answer = guest.goto(link)
    assert answer is not None
    assert answer.status == 404


def test_one_photo_is_saved_under_its_name(
    open_page: OpenPage, server: Server, photos: list[Path], tmp_path: Path
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin(photos, "filter_cool")
    task = visitor.start()
    visitor.status("completed")
    visitor.cell(1).click()
    with page.expect_download() as saving:
        visitor.press("Save this photo")
    assert saving.value.suggested_filename == "coffee.jpg"
    saving.value.save_as(tmp_path / "coffee.jpg")
    assert (tmp_path / "coffee.jpg").read_bytes() == server.http.get(f"/api/v1/batch/{task}/photos/1/result").content


def test_addresses_and_files_in_one_batch(open_page: OpenPage, server: Server, photos: list[Path]) -> None:
    page = open_page(locale="en-US", **PHONE)
    visitor = Visitor(page, server.url)
    visitor.come()
    visitor.press("From addresses")
    page.get_by_label("One address per line").fill("ftp://nowhere/a.jpg")
    visitor.press("Add")
    expect(page.get_by_text("Photos cannot be fetched from this address")).to_be_visible()
    visitor.accessible()
    upload = server.http.post("/api/v1/uploads?name=far.jpg", content=photos[0].read_bytes()).json()["id"]
    page.get_by_label("One address per line").fill(f"{server.url}/api/v1/nothing/{upload}.jpg")
    visitor.press("Add")
    expect(page.locator("footer.bar p")).to_contain_text("1 photo")
    page.set_input_files("input[type=file][multiple]", [str(photos[1])])
    visitor.go_on("filter_warm")
    visitor.start()
    visitor.status("completed")
    expect(visitor.tab("failed")).to_have_text("Failed or stopped 1")
    visitor.tab("failed").click()
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_attribute(
        "aria-label", f"{upload}.jpg, failed: There is nothing at this address."
    )


FOLDER = """async () => {
  const walk = async (folder) => {
    const found = {};
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind === "directory") found[name] = await walk(handle);
      else { const file = await handle.getFile(); found[name] = [file.size, file.lastModified]; }
    }
    return found;
  };
  return walk(await navigator.storage.getDirectory());
}"""


def test_all_results_into_a_folder_of_their_own_and_once(
    open_page: OpenPage, server: Server, photos: list[Path], tmp_path: Path
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    # Nobody is there to choose a folder: this one is as real, and the browser's own.
    page.add_init_script("window.showDirectoryPicker = () => navigator.storage.getDirectory()")
    visitor = Visitor(page, server.url)
    (tmp_path / "again").mkdir()
    twin = tmp_path / "again" / photos[0].name  # another photo of the same name
    Image.open(photos[1]).save(twin)
    visitor.begin([*photos, twin], "filter_cool")
    task = visitor.start()
    visitor.status("completed")
    visitor.press("Save to folder")
    expect(page.get_by_text("3 photos are in Cool")).to_be_visible()
    [(name, files)] = page.evaluate(FOLDER).items()
    assert name.startswith("Cool ")
    sizes = {photo["name"]: photo["result"]["bytes"] for photo in server.photos(task)[1:2]}
    assert sorted(files) == ["astronaut (2).jpg", "astronaut.jpg", "coffee.jpg"]
    assert files["coffee.jpg"][0] == sizes["coffee.jpg"]

    page.wait_for_timeout(50)  # what were written again would be of another time
    visitor.press("Save to folder")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate(FOLDER) == {name: files}
