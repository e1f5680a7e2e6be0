"""Boxes around faces, without a service: in a crowd, at the edges, and when somebody zooms."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.opened import photo, stage
from tests.web.touch import Touch

CHOICE = """async (faces) => {
  const {FaceChoice} = await import("/web/choosing/faces.js");
  const began = performance.now();
  const choice = new FaceChoice((value) => { window.chosen = value; });
  const sight = Object.assign(document.createElement("div"), {className: "sight"});
  sight.style.height = "600px";
  sight.append(choice.layer);
  document.body.append(sight, choice.hint, choice.all);
  choice.show(faces, 1.5);
  document.querySelector(".face").click();
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return performance.now() - began;
}"""
Boxes = list[list[float]]


def found(boxes: Boxes) -> list[dict[str, object]]:
    return [{"box": box, "retouched": True} for box in boxes]


def test_a_crowd_is_drawn_at_once_and_one_of_it_can_be_left_out(desktop: Page) -> None:
    crowd = found([[x / 16 + 0.01, y / 16 + 0.01, 0.02, 0.03] for x in range(16) for y in range(16)])
    took_ms = desktop.evaluate(CHOICE, crowd)
    expect(desktop.locator(".face.left-out")).to_have_count(1)
    expect(desktop.get_by_role("status")).to_have_text("256 faces, 255 retouched")
    assert len(desktop.evaluate("chosen.boxes")) == 255
    assert took_ms < 1000


@pytest.mark.parametrize(
    ("boxes", "left_out", "chosen"),
    [
        ([[0.1, 0.1, 0.2, 0.2], [0.5, 0.1, 0.2, 0.2]], 0, [[0.55, 0.15, 0.1, 0.1]]),
        # The middle of one face in the box of another: it is left out all the same.
        ([[0.1, 0.1, 0.4, 0.4], [0.41, 0.41, 0.1, 0.1]], 1, [[0.2, 0.2, 0.2, 0.2]]),
        ([[0.1, 0.1, 0.2, 0.2]], 0, "none"),
        ([[0.1, 0.1, 0.2, 0.2], [1, 0.4, 0, 0.1]], 0, "none"),  # the other one is beyond the photo's edge
    ],
)
def test_the_kept_faces_are_what_is_asked_for(desktop: Page, boxes: Boxes, left_out: int, chosen: Boxes | str) -> None:
    desktop.evaluate(CHOICE.replace('document.querySelector(".face").click();', ""), found(boxes))
    desktop.locator(".face").nth(left_out).click()
    asked = desktop.evaluate("chosen")
    if isinstance(chosen, str):
        assert asked == chosen
    else:
        assert asked["boxes"] == [pytest.approx(box) for box in chosen]
    desktop.locator(".face").nth(left_out).click()
    assert desktop.evaluate("chosen") == "all"


def test_boxes_stay_on_their_faces_when_somebody_zooms(phone: Page, view: Callable[..., None]) -> None:
    view(phone, photo("a.jpg", width=2400, height=1600, faces=[{"box": [0.25, 0.25, 0.5, 0.5], "retouched": True}]))
    phone.get_by_role("button", name="Show faces").click()
    box, frame = phone.locator(".face"), phone.locator(".frame")

    def lies_right() -> bool:
        inner, outer = box.bounding_box(), frame.bounding_box()
        assert inner
        assert outer
        middles = [(each["x"] + each["width"] / 2, each["y"] + each["height"] / 2) for each in (inner, outer)]
        share = inner["width"] / outer["width"]
        return middles[0] == pytest.approx(middles[1], abs=1) and share == pytest.approx(0.58, abs=0.01)

    assert lies_right()
    before = box.bounding_box()
    place = stage(phone).bounding_box()
    assert before
    assert place
    Touch(phone).tap_twice(place["x"] + 200, place["y"] + 300)  # through the box: it takes nothing away
    phone.wait_for_function(
        "(width) => document.querySelector('.face').getBoundingClientRect().width > width * 1.5", arg=before["width"]
    )
    assert lies_right()


def test_where_nobody_looked_for_faces_there_is_nothing_to_show(desktop: Page, view: Callable[..., None]) -> None:
    view(desktop, photo("a.jpg", faces=None), photo("b.jpg", faces=[]))
    expect(desktop.get_by_role("button", name="Show faces")).to_be_hidden()
    desktop.keyboard.press("ArrowRight")
    expect(desktop.get_by_text("No face was found.")).to_be_visible()
