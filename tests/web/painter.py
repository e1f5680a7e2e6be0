"""The painter in a browser: what is drawn on it, and the mask that comes of it."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

PHOTO = (3000, 2000)  # the photo, of which the browser gets a smaller picture
MASK = (2048, 1365)
SUN = (250, 210, 120)
Strokes = Sequence[dict[str, Any]]
OPEN = """async ({width, height, strokes}) => {
  const {paintMask} = await import("/web/paint/mask.js");
  const picture = await (await fetch("/pictures/photo.jpg")).blob();
  window.painted = paintMask({picture, width, height, strokes});
}"""
RESULT = """async () => {
  const result = await window.painted;
  if (!result?.mask) return result;
  const bytes = new Uint8Array(await result.mask.arrayBuffer());
  const mask = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return {strokes: result.strokes, type: result.mask.type, mask};
}"""


@dataclass
class Painter:
    """An opened painter; places are fractions of the photo, as it fits the screen."""

    page: Page
    photo: tuple[int, int]
    called: str = "Photo to mark"

    @property
    def canvas(self) -> Locator:
        return self.page.get_by_role("application", name=self.called)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place of the photo is on the page before anything was zoomed."""
        box = self.canvas.bounding_box()
        assert box
        scale = min((box["width"] - 32) / self.photo[0], (box["height"] - 32) / self.photo[1])
        left, top = (
            (box[side] - length * scale) / 2 for side, length in zip(("width", "height"), self.photo, strict=True)
        )
        return box["x"] + left + x * self.photo[0] * scale, box["y"] + top + y * self.photo[1] * scale

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*self.point(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.point(*end), steps=8)
        self.page.mouse.up()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def says(self, text: str) -> None:
        expect(self.page.get_by_role("status")).to_have_text(text)

    def result(self) -> Any:
        return self.page.evaluate(RESULT)

    def done(self) -> tuple[list[dict[str, Any]], np.ndarray]:
        """Press Done; return the strokes and the mask's pixels."""
        self.press("Done")
        result = self.result()
        assert result["type"] == "image/png"
        with Image.open(io.BytesIO(base64.b64decode(result["mask"]))) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        assert set(np.unique(pixels)) == {0, 255}
        assert (pixels == pixels[..., :1]).all()
        return result["strokes"], pixels[..., 0] == 255


def edges(marked: np.ndarray) -> tuple[float, float, float, float]:
    """Return where what is marked begins and ends: left, top, right, bottom, as fractions."""
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    height, width = marked.shape
    return columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
