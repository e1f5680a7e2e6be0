"""The viewer in a browser: photos for it, and what of them is seen."""

import io
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

RED, BLUE = (200, 40, 40), (40, 60, 200)

# Photos as the test lists them; those that are `slow` wait for window.release(index).
OPEN = """async ({photos, index}) => {
  const {openViewer} = await import("/web/results/viewer.js");
  const waiting = new Map();
  const blob = async (name) => (name ? (await fetch(`/pictures/${name}`)).blob() : null);
  const made = [], gone = [];
  const {createObjectURL, revokeObjectURL} = URL;
  URL.createObjectURL = (given) => { const url = createObjectURL.call(URL, given); made.push(url); return url; };
  URL.revokeObjectURL = (url) => { gone.push(url); revokeObjectURL.call(URL, url); };
  Object.assign(window, {ran: [], left: [], held: () => made.length - gone.length, made: () => made.length});
  window.release = (at) => waiting.get(at)();
  openViewer({
    count: photos.length,
    index,
    load: async (at) => {
      const photo = photos[at];
      if (photo.slow) await new Promise((resolve) => waiting.set(at, resolve));
      if (photo.broken) throw new Error("no network");
      return {...photo, before: await blob(photo.before), after: await blob(photo.after)};
    },
    describe: async (at) => [["Size", `${photos[at].width} × ${photos[at].height}`], ["Engine", "compiled"]],
    actions: [{icon: "download", label: "Download", run: (at) => window.ran.push(at)}],
    onclose: (at) => window.left.push(at),
  });
}"""

Photo = dict[str, Any]


def plain(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    saved = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(saved, "PNG")
    return saved.getvalue()


def photo(name: str, **given: Any) -> Photo:
    """Return a result of 1200 × 800 that is blue, of a photo of 2400 × 1600 that was red."""
    usual = {"before": "red.png", "after": "blue.png", "width": 1200, "height": 800, "error": None}
    return usual | {"name": name} | given


def stage(page: Page) -> Locator:
    return page.locator(".full-stage")


def divider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Divider between before and after")


def shown(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(stage(page)).to_have_attribute("aria-busy", "false")


def colours(page: Page) -> np.ndarray:
    """Return for each pixel of the stage whether it is of the red picture (1), the blue one (2), or neither."""
    box = stage(page).bounding_box()
    assert box
    with Image.open(io.BytesIO(page.screenshot(clip=box))) as picture:  # type: ignore[arg-type]
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    near = [np.abs(pixels - colour).max(axis=-1) < 12 for colour in (RED, BLUE)]
    return near[0] * 1 + near[1] * 2


def share_before(page: Page) -> float:
    """Return how much of what is seen of the photo is the picture of before."""
    seen = colours(page)
    row = seen[len(seen) * 3 // 4]  # below the grip
    return float((row == 1).sum() / (row > 0).sum())


def percent(page: Page) -> Locator:
    return page.locator(".percent")
