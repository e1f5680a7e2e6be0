"""Faces on the page: which were found, which are left out, by mouse, finger and keyboard, and what becomes of them."""

import base64
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from skimage import data

from benchmarks.servers.server import Server
from tests.service.page.visitor import DESKTOP, PHONE, Visitor

OpenPage = Callable[..., Page]
FACE = (224, 112)  # where the astronaut's nose is
TURNED = 6  # what EXIF says of a photo that is to be turned to the right
PNG = """image => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL().split(",")[1];
}"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people side by side, stored lying on their side."""
    one = data.astronaut()[:300, 60:400]
    path = tmp_path_factory.mktemp("faces") / "pair.jpg"
    exif = Image.Exif()
    exif[0x0112] = TURNED
    both = Image.fromarray(np.hstack([one, one]))
    both.rotate(90, expand=True).save(path, quality=95, exif=exif)
    return path


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large photo with two small faces that nearly touch."""
    face = Image.fromarray(data.astronaut()[40:190, 160:290]).resize((78, 90))
    photo = Image.new("RGB", (1600, 1000), (90, 120, 90))
    photo.paste(face, (720, 400))
    photo.paste(face, (800, 400))
    path = tmp_path_factory.mktemp("faces") / "strangers.jpg"
    photo.save(path, quality=95)
    return path


def faces(page: Page) -> Locator:
    return page.get_by_role("group", name="Faces in this photo").get_by_role("button")


def hint(page: Page) -> Locator:
    return page.locator(".hint")


def drawn(page: Page) -> np.ndarray:
    """The preview as the service made it, once it has come."""
    expect(page.locator(".stage")).not_to_have_attribute("aria-busy", "true")
    png = base64.b64decode(page.get_by_role("img", name="with this look").evaluate(PNG))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def middle(box: Locator) -> tuple[float, float]:
    place = box.bounding_box()
    assert place
    return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2


def retouched(server: Server, task: str) -> list[list[bool]]:
    """For each photo whether each of its faces was retouched, from left to right."""
    found = [sorted(photo["result"]["faces"], key=lambda face: face["box"]) for photo in server.photos(task)]
    return [[face["retouched"] for face in each] for each in found]


def test_a_face_is_left_out_and_stays_so_until_the_batch_is_done(
    open_page: OpenPage, server: Server, photo_folder: Path, pair: Path
) -> None:
    page = open_page(locale="en-US", **DESKTOP)
    visitor = Visitor(page, server.url)
    visitor.begin([pair, photo_folder / "astronaut.jpg", photo_folder / "coffee.jpg"], "beauty_heavy")
    expect(hint(page)).to_have_text("Press a face to leave it out.")
    expect(faces(page)).to_have_count(2)
    both = drawn(page)
    sight = page.locator(".sight").bounding_box()
    assert sight
    scale = sight["width"] / 680
    for number, box in enumerate(faces(page).all()):
        x, y = middle(box)
        assert x - sight["x"] == pytest.approx(scale * (FACE[0] - 60 + 340 * number), abs=12 * scale)
        assert y - sight["y"] - sight["height"] / 2 == pytest.approx(scale * (FACE[1] - 150), abs=12 * scale)

    page.get_by_role("button", name="Face 2: retouched", pressed=True).click()
    expect(page.get_by_role("button", name="Face 2: left out", pressed=False)).to_be_visible()
    expect(page.get_by_role("button", name="Face 1: retouched", pressed=True)).to_be_visible()
    expect(hint(page)).to_have_text("2 faces, 1 retouched")
    one = drawn(page)
    left, right = (np.abs(one - both)[60:160, x - 40 : x + 40].mean() for x in (FACE[0] - 60, FACE[0] + 280))
    assert left < right / 4, "only the right one looks otherwise: the left one is rounded by another dither"
    visitor.accessible()
    visitor.seen("desktop-en-faces")
    visitor.press("Original")
    expect(faces(page)).to_have_count(0)
    visitor.press("Original")

    page.reload()
    expect(page.get_by_role("button", name="Face 2: left out")).to_be_visible()
    visitor.press("Next photo")
    expect(faces(page)).to_have_count(1)
    expect(page.get_by_role("button", name="Face 1: retouched")).to_be_visible()
    visitor.press("Next photo")
    expect(hint(page)).to_have_text("No face was found.")
    visitor.card("filter_warm").click()
    expect(hint(page)).to_be_hidden()
    visitor.card("beauty_heavy").click()

    task = visitor.start()
    visitor.status("completed")
    assert retouched(server, task) == [[True, False], [True], []]
    visitor.cell(0).click()
    expect(page.locator(".viewer .face")).to_have_count(2)
    expect(page.locator(".viewer .face").first).to_be_hidden()
    visitor.press("Show faces")
    expect(page.get_by_text("2 faces, 1 retouched")).to_be_visible()
    expect(page.locator(".viewer .face.left-out")).to_be_visible()
    visitor.accessible()
    visitor.seen("desktop-en-faces-viewer")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("1 face, 1 retouched")).to_be_visible()
    visitor.press("Show faces")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("No face was found.")).to_be_visible()


def test_a_finger_means_the_nearest_face_and_a_whole_photo_can_be_left_out(
    open_page: OpenPage, server: Server, strangers: Path, pair: Path
) -> None:
    page = open_page(locale="zh-CN", color_scheme="dark", **PHONE)
    visitor = Visitor(page, server.url)
    visitor.begin([strangers, pair], "beauty_light")
    boxes = page.locator(".stage .face")
    expect(boxes).to_have_count(2)
    small = boxes.last.bounding_box()
    assert small
    assert small["width"] < 24
    page.touchscreen.tap(small["x"] + small["width"] + 8, small["y"] + small["height"] + 8)
    expect(page.get_by_role("button", name="人脸 2：不美颜")).to_be_visible()
    expect(page.get_by_role("button", name="人脸 1：美颜")).to_be_visible()
    page.touchscreen.tap(*middle(boxes.first))
    expect(page.locator(".hint")).to_have_text("2 张人脸，0 张美颜")
    visitor.accessible()
    visitor.seen("phone-zh-faces")
    visitor.press("这张全美颜")
    expect(page.locator(".hint")).to_have_text("点按人脸可跳过。")
    boxes.first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="人脸 1：不美颜")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(".hint")).to_have_text("2 张人脸，0 张美颜")
    expect(page.locator(".stage")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="人脸 2：不美颜")).to_be_focused()  # also when the preview has come
    visitor.press("下一张")
    expect(page.get_by_role("button", name="人脸 2：美颜")).to_be_visible()
    visitor.press("这张不美颜")
    expect(page.get_by_role("button", name="人脸 2：不美颜")).to_be_visible()
    boxes.first.tap()
    task = visitor.start()
    visitor.status("completed")
    assert retouched(server, task) == [[False, False], [True, False]]
