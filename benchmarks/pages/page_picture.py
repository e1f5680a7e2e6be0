"""The page, for the READMEs: `python -m benchmarks.pages.page_picture [FOLDER]`, by default docs/pictures.

A desktop with a batch that is half done, and a phone where a look is chosen, in English (page.webp) and in Chinese
(page.zh.webp): screenshots of Chromium in front of a real service.
"""

import argparse
import io
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

from actors.messages.records import Json
from benchmarks.photos import demo_photos
from benchmarks.scrolling import CHROMIUM, SCREENS
from benchmarks.servers.server import Server, serving

_OUT = Path(__file__).parents[2] / "docs" / "pictures"
_NAMES = {"en-GB": "page.webp", "zh-CN": "page.zh.webp"}
_PHOTOS = 60
_FUNDUS = 9  # every tenth demo photo
_ENOUGH = 36  # results that are there when the picture is taken
_HEIGHT = 1120  # pixels of both screens
_GAP, _RADIUS = 36, 24
_PAPER, _LINE = (255, 255, 255), (208, 206, 202)
_QUALITY = 82
# All pictures that can be seen, of cards and of the strip, have been made.
_PICTURES_ARE_THERE = """
[...document.querySelectorAll(".card, .strip .cell")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().left < innerWidth)
  .every((one) => one.querySelector("img:not([hidden])"))
"""
_PATIENCE_S = 60.0


def make(folder: Path) -> list[Path]:
    """Write the pictures into `folder`; raises TimeoutError if the batch does not get on."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="photobatch-page-")))
        photos = [str(path) for path in _photos(place / "photos")]
        (place / "service").mkdir()
        server = stack.enter_context(serving(place / "service"))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        _running(browser, server, photos, "en-GB")  # warms the workers
        for language, name in _NAMES.items():
            phone = _choosing(browser, server, photos, language)
            desktop = _running(browser, server, photos, language)
            _beside([desktop, phone]).save(folder / name, quality=_QUALITY, method=6)
        browser.close()
    return [folder / name for name in _NAMES.values()]


def _photos(folder: Path) -> list[Path]:
    """Demo photos without those of the fundus of an eye: it is none of what people retouch."""
    indices = [index for index in range(2 * _PHOTOS) if index % 10 != _FUNDUS][:_PHOTOS]
    return demo_photos.make(folder, _PHOTOS, demo_photos.Recipe(megapixels=6.0), indices=indices)


def _running(browser: Browser, server: Server, photos: list[str], language: str) -> Image.Image:
    """The desktop, with a batch of which a part is done."""
    context = browser.new_context(**SCREENS["desktop"], device_scale_factor=2, locale=language)
    page = context.new_page()
    _choose(page, server.url, photos, "color_film")
    page.locator("footer.bar .primary").click()
    page.wait_for_url("**/#/batch/*", timeout=_PATIENCE_S * 1000)
    batch = page.url.rpartition("/")[2]
    deadline = time.monotonic() + _PATIENCE_S
    page.mouse.move(0, 0)  # away from the photos: the one below it would have a tick
    while not _half_done(server.http.get(f"/api/v1/batch/{batch}").json()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"batch {batch} has fewer than {_ENOUGH} results after {_PATIENCE_S} s")
        page.wait_for_timeout(50)
    shot = page.screenshot()
    context.close()
    return Image.open(io.BytesIO(shot)).convert("RGB")


def _half_done(batch: Json) -> bool:
    return batch["counts"]["succeeded"] >= _ENOUGH and not batch["open"]


def _choosing(browser: Browser, server: Server, photos: list[str], language: str) -> Image.Image:
    """The phone, where a look is chosen."""
    context = browser.new_context(**SCREENS["phone"], locale=language)
    page = context.new_page()
    _choose(page, server.url, photos, "beauty_medium")
    page.wait_for_load_state("networkidle")
    page.wait_for_function(_PICTURES_ARE_THERE)
    shot = page.screenshot()
    context.close()
    return Image.open(io.BytesIO(shot)).convert("RGB")


def _choose(page: Page, url: str, photos: list[str], preset: str) -> None:
    page.goto(url)
    page.set_input_files("input[type=file][multiple]", photos)
    page.wait_for_selector(".cell img:not([hidden])")
    page.locator("footer.bar .primary").click()
    page.locator(f'.card[data-preset="{preset}"]').click()


def _beside(screens: list[Image.Image]) -> Image.Image:
    """Screens of one height, with a line around each, from left to right."""
    sizes = [(screen.width * _HEIGHT // screen.height, _HEIGHT) for screen in screens]
    scaled = [screen.resize(size, Image.Resampling.LANCZOS) for screen, size in zip(screens, sizes, strict=True)]
    wide = sum(screen.width for screen in scaled) + _GAP * (len(scaled) - 1)
    sheet, left = Image.new("RGB", (wide, _HEIGHT), _PAPER), 0
    draw = ImageDraw.Draw(sheet)
    for screen in scaled:
        mask = Image.new("L", screen.size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, screen.width - 1, _HEIGHT - 1), _RADIUS, fill=255)
        sheet.paste(screen, (left, 0), mask)
        draw.rounded_rectangle((left, 0, left + screen.width - 1, _HEIGHT - 1), _RADIUS, outline=_LINE, width=2)
        left += screen.width + _GAP
    return sheet


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pages.page_picture", description="The page, as pictures."
    )
    parser.add_argument("folder", type=Path, nargs="?", default=_OUT)
    for path in make(parser.parse_args().folder):
        print(f"{path}: {path.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
