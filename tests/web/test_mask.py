"""The painter of what is to be erased, painted on with a mouse, fingers, a pen and keys; its PNG, pixel by pixel."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.web.conftest import PHONE
from tests.web.painter import MASK, OPEN, PHOTO, SUN, Painter, Strokes, edges
from tests.web.site import Site, landscape
from tests.web.touch import Touch, way


@pytest.fixture
def paint(site: Site) -> Callable[..., Painter]:
    def paint(page: Page, *, photo: tuple[int, int] = PHOTO, strokes: Strokes = (), **names: str) -> Painter:
        shrink = 1600 / max(photo)
        site.pictures["photo.jpg"] = landscape(round(photo[0] * shrink), round(photo[1] * shrink))
        page.evaluate(OPEN, {"width": photo[0], "height": photo[1], "strokes": list(strokes)})
        painter = Painter(page, photo, **names)
        expect(painter.canvas).to_be_focused()
        return painter

    return paint


def test_a_stroke_of_the_mouse_is_where_it_was_drawn(
    desktop: Page, paint: Callable[..., Painter], screenshot: Callable[[Page, str], None]
) -> None:
    painter = paint(desktop)
    painter.drag((0.3, 0.5), (0.6, 0.5))
    painter.says("1 mark")
    screenshot(desktop, "mask-desktop")
    strokes, marked = painter.done()
    assert marked.shape[::-1] == MASK
    radius = strokes[0]["radius"]
    tall = radius * PHOTO[0] / PHOTO[1]
    assert edges(marked) == pytest.approx((0.3 - radius, 0.5 - tall, 0.6 + radius, 0.5 + tall), abs=0.003)
    expect(desktop.locator("dialog")).to_have_count(0)


def test_a_finger_draws_on_a_phone(
    phone: Page, paint: Callable[..., Painter], screenshot: Callable[[Page, str], None]
) -> None:
    painter = paint(phone, photo=(3000, 4000))
    Touch(phone).drag(way(painter.point(0.2, 0.25), painter.point(0.2, 0.75)))
    painter.says("1 mark")
    screenshot(phone, "mask-phone")
    _, marked = painter.done()
    assert marked.shape == (2048, 1536)
    left, top, right, bottom = edges(marked)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((0.2, 0.5), abs=0.005)


def test_a_tap_marks_a_dot(phone: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(phone)
    Touch(phone).tap(*painter.point(0.5, 0.5))
    strokes, marked = painter.done()
    assert len(strokes[0]["points"]) == 1
    assert marked.mean() == pytest.approx(np.pi * strokes[0]["radius"] ** 2 * 1.5, rel=0.02)


def test_a_box_is_marked_exactly(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop)
    painter.press("Box")
    painter.drag((0.75, 0.8), (0.25, 0.4))
    painter.says("Box marked. 1 mark.")
    strokes, marked = painter.done()
    left, top, right, bottom = edges(marked)
    assert (left, top, right, bottom) == pytest.approx((0.25, 0.4, 0.75, 0.8), abs=0.003)
    assert marked.mean() == pytest.approx((right - left) * (bottom - top), abs=1e-6)
    assert strokes[0]["tool"] == "box"


def test_a_click_with_the_box_tool_marks_nothing(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop)
    painter.press("Box")
    desktop.mouse.click(*painter.point(0.5, 0.5))
    painter.press("Done")
    assert painter.result() == {"strokes": [], "mask": None}


def test_a_box_drawn_over_the_edge_ends_there(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop)
    painter.press("Box")
    painter.drag((0.5, 0.5), (1.3, 0.9))
    _, marked = painter.done()
    assert edges(marked) == pytest.approx((0.5, 0.5, 1, 0.9), abs=0.003)


def test_undo_redo_and_clear(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop)
    painter.drag((0.1, 0.2), (0.2, 0.2))
    painter.drag((0.8, 0.8), (0.9, 0.8))
    painter.press("Undo")
    painter.says("Undone. 1 mark left.")
    painter.press("Undo")
    expect(desktop.get_by_role("button", name="Undo")).to_be_disabled()
    expect(painter.canvas).to_be_focused()
    painter.press("Redo")
    painter.press("Clear all marks")
    painter.says("Nothing is marked.")
    desktop.keyboard.press("Control+z")
    painter.says("Undone. 1 mark left.")
    _, marked = painter.done()
    assert edges(marked)[2] < 0.3


def sun_on_screen(page: Page) -> tuple[int, int, int, int]:
    """Return where the sun of the picture is seen: left, top, right, bottom in CSS pixels."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    rows, columns = np.nonzero(np.abs(pixels - SUN).max(axis=-1) < 12)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def test_what_is_drawn_after_zooming_lies_where_it_was_drawn(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop)
    painter.press("Box")
    desktop.mouse.move(*painter.point(0.7, 0.25))
    for _ in range(2):
        desktop.mouse.wheel(0, -120)
    desktop.mouse.move(0, 0)
    left, top, right, bottom = sun_on_screen(desktop)
    assert right - left > 1.5 * 0.16 * (painter.point(1, 0)[0] - painter.point(0, 0)[0]), "it became larger"
    desktop.mouse.move(left, top)
    desktop.mouse.down()
    desktop.mouse.move(right, bottom, steps=4)
    desktop.mouse.up()
    painter.says("Box marked. 1 mark.")
    _, marked = painter.done()
    assert edges(marked) == pytest.approx((0.62, 0.13, 0.78, 0.37), abs=0.004)


def test_two_fingers_zoom_and_draw_nothing(
    phone: Page, paint: Callable[..., Painter], screenshot: Callable[[Page, str], None]
) -> None:
    painter = paint(phone)
    x, y = painter.point(0.5, 0.5)
    touch = Touch(phone)
    touch.drag(way((x - 30, y), (x - 120, y)), way((x + 30, y), (x + 120, y)))
    painter.says("Paint over what should disappear.")
    touch.drag(way((x - 100, y), (x + 100, y)))
    painter.says("1 mark")
    screenshot(phone, "mask-phone-zoomed")
    strokes, marked = painter.done()
    assert len(strokes) == 1
    left, _, right, _ = edges(marked)
    wide = 200 / (358 * 4)  # four times as large as in the 390 px less two margins
    assert (left + right) / 2 == pytest.approx(0.5, abs=0.01)
    assert right - left - 2 * strokes[0]["radius"] == pytest.approx(wide, rel=0.06)


def test_the_middle_button_and_the_space_key_drag_the_photo(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop)
    x, y = painter.point(0.5, 0.5)
    for _ in range(3):
        painter.press("Zoom in")
    desktop.mouse.move(x, y)
    desktop.mouse.down(button="middle")
    desktop.mouse.move(x + 50, y, steps=4)
    desktop.mouse.up(button="middle")
    painter.canvas.focus()
    desktop.keyboard.down(" ")
    desktop.mouse.down()
    desktop.mouse.move(x + 90, y, steps=4)
    desktop.mouse.up()
    desktop.keyboard.up(" ")
    painter.says("Paint over what should disappear.")
    desktop.mouse.click(x + 90, y)
    _, marked = painter.done()
    left, _, right, _ = edges(marked)
    assert (left + right) / 2 == pytest.approx(0.5, abs=0.003), "the place that was in the middle went along"


def test_marks_come_back_when_the_photo_is_opened_again(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop)
    painter.drag((0.2, 0.2), (0.4, 0.6))
    painter.press("Box")
    painter.drag((0.6, 0.6), (0.8, 0.9))
    strokes, marked = painter.done()
    again = paint(desktop, strokes=strokes)
    again.says("2 marks")
    kept, same = again.done()
    assert kept == strokes
    assert (same == marked).all()


def test_keys_alone_mark_a_box(
    desktop: Page, paint: Callable[..., Painter], screenshot: Callable[[Page, str], None]
) -> None:
    painter = paint(desktop)
    desktop.keyboard.press("ArrowLeft")
    painter.says("Crosshair 50 % from the left, 50 % from the top.")
    for _ in range(10):
        desktop.keyboard.press("ArrowLeft")
    painter.says("Crosshair 30 % from the left, 50 % from the top.")
    desktop.keyboard.press("Space")
    painter.says("Box begun 30 % from the left, 50 % from the top. Move to the opposite corner and press Enter.")
    for _ in range(5):
        desktop.keyboard.press("ArrowRight")
        desktop.keyboard.press("ArrowDown")
    screenshot(desktop, "mask-keys")
    desktop.keyboard.press("Enter")
    painter.says("Box marked. 1 mark.")
    desktop.keyboard.press("Shift+Tab")
    expect(desktop.get_by_role("button", name="Done")).to_be_focused()
    desktop.keyboard.press("Enter")
    assert painter.result()["strokes"][0] == {"tool": "box", "x": 0.3, "y": 0.5, "width": 0.1, "height": 0.15}


def test_escape_gives_a_begun_box_up_and_then_closes(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop)
    desktop.keyboard.press("Enter")
    desktop.keyboard.press("Escape")
    painter.says("Box given up.")
    desktop.keyboard.press("Escape")
    assert painter.result()["strokes"] == []


@pytest.mark.parametrize("leave", ["Escape", "Back"])
def test_who_leaves_keeps_the_marks(desktop: Page, paint: Callable[..., Painter], leave: str) -> None:
    painter = paint(desktop)
    painter.drag((0.2, 0.2), (0.4, 0.6))
    if leave == "Escape":
        desktop.keyboard.press("Escape")
    else:
        desktop.evaluate("history.back()")
    assert len(painter.result()["strokes"]) == 1
    expect(desktop.locator("dialog")).to_have_count(0)


def test_cancel_asks_and_then_returns_nothing(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop)
    painter.drag((0.2, 0.2), (0.4, 0.6))
    painter.press("Cancel")
    painter.press("Keep marking")
    painter.press("Cancel")
    painter.press("Drop them")
    assert painter.result() is None
    expect(desktop.locator("dialog")).to_have_count(0)


def test_a_larger_brush_marks_more_and_is_kept_for_the_next_photo(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop)
    slider = desktop.get_by_role("slider", name="Brush size")
    slider.fill("100")
    painter.drag((0.5, 0.5), (0.5, 0.5))
    strokes, _ = painter.done()
    assert strokes[0]["radius"] == pytest.approx(0.12)
    paint(desktop)
    expect(slider).to_have_value("100")


def test_a_small_photo_has_a_mask_of_its_size(desktop: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(desktop, photo=(40, 60))
    desktop.mouse.click(*painter.point(0.5, 0.5))
    _, marked = painter.done()
    assert marked.shape == (60, 40)


def test_the_hand_that_holds_the_pen_may_rest_on_the_photo(phone: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(phone)
    touch = Touch(phone)
    palm, start, end = painter.point(0.8, 0.9), painter.point(0.3, 0.4), painter.point(0.5, 0.4)
    touch.put([palm])
    touch.pen("mousePressed", *start)
    touch.put([palm, (palm[0] + 20, palm[1])])
    touch.pen("mouseMoved", *end)
    touch.pen("mouseReleased", *end)
    touch.put([])
    painter.says("1 mark")
    _, marked = painter.done()
    left, _, right, bottom = edges(marked)
    assert (left + right) / 2 == pytest.approx(0.4, abs=0.005)
    assert bottom < 0.6


def test_the_photo_is_where_it_was_when_the_phone_is_turned(phone: Page, paint: Callable[..., Painter]) -> None:
    painter = paint(phone)
    Touch(phone).tap(*painter.point(0.25, 0.75))
    phone.set_viewport_size({"width": 844, "height": 390})
    expect(phone.get_by_role("heading")).to_be_visible()
    painter.page.wait_for_function("() => document.querySelector('canvas').width > 2000")
    Touch(phone).tap(*painter.point(0.75, 0.25))
    _, marked = painter.done()
    half = marked.shape[1] // 2
    for part, place in ((marked[:, :half], (0.5, 0.75)), (marked[:, half:], (0.5, 0.25))):
        left, top, right, bottom = edges(part)
        assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx(place, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_speaks_chinese(
    visit: Callable[..., Page], paint: Callable[..., Painter], screenshot: Callable[[Page, str], None], scheme: str
) -> None:
    page = visit(**PHONE, locale="zh-CN", color_scheme=scheme)
    paint(page, called="待标记的照片")
    expect(page.get_by_role("button", name="完成")).to_be_visible()
    screenshot(page, f"mask-phone-zh-{scheme}")


def test_everything_to_press_is_large_enough_for_a_finger(phone: Page, paint: Callable[..., Painter]) -> None:
    paint(phone)
    for target in phone.get_by_role("dialog").get_by_role("button").or_(phone.get_by_role("slider")).all():
        box = target.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44, target
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
