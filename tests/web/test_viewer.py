"""The viewer of results: how one gets from photo to photo, and what it says of them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import PHONE
from tests.web.opened import colours, photo, shown, stage
from tests.web.touch import Touch, way


def test_previous_and_next(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.jpg"), photo("b.jpg"), photo("c.jpg"))
    expect(desktop.get_by_text("1 of 3")).to_be_visible()
    expect(desktop.get_by_role("button", name="Previous photo")).to_be_hidden()
    desktop.get_by_role("button", name="Next photo").click()
    shown(desktop, "b.jpg")
    desktop.get_by_role("button", name="Next photo").click()
    shown(desktop, "c.jpg")
    expect(desktop.get_by_role("button", name="Previous photo")).to_be_focused()
    desktop.keyboard.press("ArrowRight")
    desktop.keyboard.press("ArrowLeft")
    shown(desktop, "b.jpg")
    desktop.get_by_role("button", name="Download").click()
    assert desktop.evaluate("ran") == [1]
    desktop.keyboard.press("Escape")
    expect(desktop.locator("dialog")).to_have_count(0)
    assert desktop.evaluate("left") == [1]


def test_arrow_keys_turn_wherever_the_mouse_was(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.jpg"), photo("b.jpg"), photo("c.jpg"), photo("d.jpg"))
    desktop.get_by_role("button", name="Zoom in").click()
    desktop.keyboard.press("ArrowRight")
    shown(desktop, "b.jpg")
    desktop.keyboard.press("ArrowRight")
    shown(desktop, "c.jpg")
    desktop.mouse.click(300, 300)
    desktop.keyboard.press("ArrowRight")
    shown(desktop, "d.jpg")
    desktop.mouse.click(640, 30)
    desktop.keyboard.press("ArrowLeft")
    shown(desktop, "c.jpg")


def test_fingers_swipe_from_photo_to_photo(phone: Page, view: Callable[..., None]) -> None:
    view(phone, photo("a.jpg"), photo("b.jpg"))
    touch = Touch(phone)
    touch.drag(way((330, 600), (230, 610)))
    shown(phone, "b.jpg")
    touch.drag(way((330, 600), (230, 610)))
    touch.drag(way((300, 300), (310, 600)))
    shown(phone, "b.jpg")
    touch.drag(way((60, 600), (160, 590)))
    shown(phone, "a.jpg")


def test_what_comes_too_late_is_not_shown(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("slow.jpg", slow=True), photo("b.jpg", before=None, after="small.png"), ready=False)
    expect(stage(desktop)).to_have_attribute("aria-busy", "true")
    expect(desktop.get_by_text("Loading…")).to_be_visible()
    desktop.keyboard.press("ArrowRight")
    shown(desktop, "b.jpg")
    desktop.evaluate("release(0)")
    desktop.wait_for_function("() => made() === 3 && held() === 1")  # its pictures were ready, and were let go
    shown(desktop, "b.jpg")
    assert (colours(desktop) == 1).sum() == 0


def test_pictures_are_let_go(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.jpg"), photo("b.jpg", after="broken.png"))
    assert desktop.evaluate("held()") == 2
    desktop.keyboard.press("ArrowRight")
    shown(desktop, "b.jpg")
    assert desktop.evaluate("held()") == 1
    desktop.keyboard.press("Escape")
    expect(desktop.locator("dialog")).to_have_count(0)
    assert desktop.evaluate("held()") == 0


def test_a_photo_without_a_result_says_why(
    desktop: Page, view: Callable[..., None], screenshot: Callable[[Page, str], None]
) -> None:
    failed = photo("a.jpg", after=None, width=None, height=None, error="The file is cut off: half of it is missing.")
    view(
        desktop,
        failed | {"before": "dull.jpg"},
        failed | {"name": "b.jpg", "before": None},
        photo("c.jpg", broken=True),
    )
    expect(desktop.get_by_role("status")).to_have_text("The file is cut off: half of it is missing.")
    screenshot(desktop, "viewer-error")
    desktop.keyboard.press("ArrowRight")
    shown(desktop, "b.jpg")
    expect(desktop.get_by_role("status")).to_have_text("The file is cut off: half of it is missing.")
    expect(desktop.get_by_role("button", name="Zoom in")).to_be_disabled()
    desktop.keyboard.press("ArrowRight")
    expect(desktop.get_by_role("status")).to_have_text("This photo could not be loaded.")


def test_a_result_that_the_browser_cannot_show_says_so(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.tif", after="broken.png"))
    expect(desktop.get_by_role("status")).to_have_text("Your browser can't show this format.")


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_details_are_those_of_the_photo(
    visit: Callable[..., Page], view: Callable[..., None], screenshot: Callable[[Page, str], None], device: str
) -> None:
    page = visit(**PHONE) if device == "phone" else visit()
    sun = {"before": "dull.jpg", "after": "bright.jpg"}
    view(page, photo("a.jpg", **sun), photo("b.jpg", width=600, height=400, **sun))
    details = page.get_by_role("region", name="Details")
    expect(details).to_be_hidden()
    page.get_by_role("button", name="Details").click()
    expect(details).to_contain_text("1200 × 800")
    screenshot(page, f"viewer-details-{device}")
    page.get_by_role("button", name="Next photo").click()
    expect(details).to_contain_text("600 × 400")
    page.get_by_role("button", name="Details").click()
    expect(details).to_be_hidden()


def test_the_viewer_speaks_chinese(
    visit: Callable[..., Page], view: Callable[..., None], screenshot: Callable[[Page, str], None]
) -> None:
    page = visit(**PHONE, locale="zh-CN", color_scheme="dark")
    view(page, photo("山上的太阳.jpg", before="dull.jpg", after="bright.jpg"), photo("b.jpg"))
    expect(page.get_by_text("第 1 张，共 2 张")).to_be_visible()
    screenshot(page, "viewer-phone-zh")


def test_everything_in_the_viewer_is_large_enough_for_a_finger(phone: Page, view: Callable[..., None]) -> None:
    view(phone, photo("a-name-that-is-far-too-long-for-the-bar-above-a-photo.jpg"), photo("b.jpg"))
    for target in phone.get_by_role("dialog").get_by_role("button").or_(phone.get_by_role("slider")).all():
        box = target.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44, target
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
