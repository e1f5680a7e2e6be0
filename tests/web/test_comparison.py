"""Before and after in one box: the divider, zoom, and what can be dragged."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.web.opened import colours, divider, percent, photo, share_before, shown, stage
from tests.web.site import Site
from tests.web.touch import Touch, way


def test_the_divider_follows_the_mouse(
    desktop: Page, view: Callable[..., None], screenshot: Callable[[Page, str], None]
) -> None:
    view(desktop, photo("sun.jpg", before="dull.jpg", after="bright.jpg"))
    screenshot(desktop, "viewer-desktop")
    desktop.keyboard.press("Escape")
    view(desktop, photo("a.jpg"))
    assert share_before(desktop) == pytest.approx(0.5, abs=0.01)
    frame = desktop.locator(".frame").bounding_box()
    grip = divider(desktop).bounding_box()
    assert frame
    assert grip
    middle = frame["y"] + frame["height"] / 2
    desktop.mouse.move(grip["x"] + grip["width"] / 2, middle)
    desktop.mouse.down()
    desktop.mouse.move(frame["x"] + frame["width"] * 0.8, middle, steps=5)
    desktop.mouse.up()
    assert share_before(desktop) == pytest.approx(0.8, abs=0.01)
    expect(divider(desktop)).to_have_attribute("aria-valuenow", "80")


def test_the_divider_follows_the_keys(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.jpg"), photo("b.jpg"))
    divider(desktop).focus()
    desktop.keyboard.press("ArrowLeft")
    desktop.keyboard.press("PageDown")
    expect(divider(desktop)).to_have_attribute("aria-valuetext", "38 % before")
    assert share_before(desktop) == pytest.approx(0.38, abs=0.01)
    desktop.keyboard.press("Home")
    assert share_before(desktop) == 0
    desktop.keyboard.press("End")
    assert share_before(desktop) == 1
    desktop.keyboard.press("ArrowRight")
    shown(desktop, "a.jpg")


def test_the_divider_follows_a_finger(
    phone: Page, view: Callable[..., None], screenshot: Callable[[Page, str], None]
) -> None:
    view(phone, photo("a.jpg", before="dull.jpg", after="bright.jpg"), photo("b.jpg"))
    grip = divider(phone).bounding_box()
    assert grip
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    Touch(phone).drag(way((x, y), (x - 100, y)))
    expect(divider(phone)).to_have_attribute("aria-valuenow", str(round(100 * (195 - 100) / 390)))
    screenshot(phone, "viewer-phone")
    shown(phone, "a.jpg")


def test_before_and_after_of_different_sizes_share_one_box(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.jpg"))
    boxes = [desktop.get_by_role("img", name=name).bounding_box() for name in ("Before", "After")]
    assert boxes[0] == boxes[1]


@pytest.mark.parametrize("density", [1, 2.5])
def test_at_actual_size_every_pixel_is_one_of_the_screen(
    visit: Callable[..., Page], view: Callable[..., None], site: Site, density: float
) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (1600, 2400, 3), dtype=np.uint8)
    saved = io.BytesIO()
    Image.fromarray(noise).save(saved, "PNG", compress_level=1)
    site.pictures["noise.png"] = saved.getvalue()
    page = visit(viewport={"width": 700, "height": 500}, device_scale_factor=density)
    view(page, photo("a.png", before=None, after="noise.png", width=2400, height=1600))
    place = stage(page).bounding_box()
    assert place
    page.mouse.dblclick(place["x"] + 150, place["y"] + 100)
    expect(percent(page)).to_have_text("100 %")
    frame = page.evaluate("document.querySelector('.frame').getBoundingClientRect().toJSON()")
    assert frame["width"] * density == pytest.approx(2400, abs=0.01)
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        seen = np.asarray(picture.convert("RGB"))
    x, y = 300, 250  # somewhere in the stage, in CSS pixels
    left, top = round((x - frame["left"]) * density), round((y - frame["top"]) * density)
    part = seen[round(y * density) :, round(x * density) :][:80, :80]
    assert np.abs(part.astype(int) - noise[top : top + 80, left : left + 80]).max() <= 1
    page.mouse.dblclick(place["x"] + 150, place["y"] + 100)
    expect(page.get_by_role("button", name="Fit to screen")).to_have_attribute("aria-pressed", "true")


def test_buttons_wheel_and_keys_zoom(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.jpg", width=2400, height=1600))
    start = percent(desktop).inner_text()
    desktop.get_by_role("button", name="Actual size").click()
    expect(percent(desktop)).to_have_text("100 %")
    desktop.get_by_role("button", name="Zoom in").click()
    expect(percent(desktop)).to_have_text("150 %")
    desktop.get_by_role("button", name="Zoom out").click()
    expect(percent(desktop)).to_have_text("100 %")
    desktop.keyboard.press("0")
    expect(percent(desktop)).to_have_text(start)
    desktop.keyboard.press("1")
    expect(percent(desktop)).to_have_text("100 %")
    desktop.mouse.move(640, 400)
    desktop.mouse.wheel(0, 5000)
    desktop.mouse.wheel(0, 5000)
    desktop.mouse.wheel(0, 5000)
    expect(percent(desktop)).to_have_text(start)


def test_a_small_result_is_not_enlarged_to_fit(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.jpg", before=None, after="small.png", width=120, height=80))
    expect(percent(desktop)).to_have_text("100 %")
    assert (colours(desktop) == 2).sum() == 120 * 80
    desktop.mouse.dblclick(640, 400)
    expect(percent(desktop)).to_have_text("200 %")


def test_what_is_zoomed_can_be_dragged_as_far_as_its_edges(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.jpg", width=2400, height=1600))
    desktop.get_by_role("button", name="Actual size").click()
    frame = desktop.locator(".frame")
    before = frame.bounding_box()
    assert before
    desktop.mouse.move(300, 300)
    desktop.mouse.down()
    desktop.mouse.move(340, 320, steps=3)
    moved = frame.bounding_box()
    assert moved
    assert (moved["x"] - before["x"], moved["y"] - before["y"]) == (40, 20)
    desktop.mouse.move(5000, 5000, steps=3)
    desktop.mouse.up()
    end = frame.bounding_box()
    around = stage(desktop).bounding_box()
    assert end
    assert around
    assert (end["x"], end["y"]) == (around["x"], around["y"])


def test_fingers_pinch_and_tap_twice(phone: Page, view: Callable[..., None]) -> None:
    view(phone, photo("a.jpg"), photo("b.jpg"))
    touch = Touch(phone)
    x, y = 195, 400
    start = percent(phone).inner_text()
    touch.drag(way((x - 40, y), (x - 80, y)), way((x + 40, y), (x + 80, y)))
    width = phone.locator(".frame").bounding_box()
    assert width
    assert width["width"] == pytest.approx(2 * 390, rel=0.01)
    touch.tap_twice(100, 400)
    expect(percent(phone)).to_have_text(start)
    touch.tap_twice(100, 400)
    expect(percent(phone)).to_have_text("100 %" if start != "100 %" else "200 %")
    touch.drag(way((300, 400), (60, 400)))
    shown(phone, "a.jpg")


def test_without_before_there_is_no_divider(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.jpg", before=None), photo("b.jpg", before="broken.png"), photo("c.jpg"))
    for name in ("a.jpg", "b.jpg"):
        shown(desktop, name)
        expect(divider(desktop)).to_be_hidden()
        expect(desktop.locator(".tag").first).to_be_hidden()
        assert set(np.unique(colours(desktop))) <= {0, 2}
        desktop.keyboard.press("ArrowRight")
    shown(desktop, "c.jpg")
    expect(divider(desktop)).to_be_visible()
