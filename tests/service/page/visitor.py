"""A person with a browser, in front of the page."""

import re
from collections.abc import Sequence
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, TimeoutError, expect

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
SCREENSHOTS = Path(__file__).parents[2] / "out" / "web"
BATCH_S = 30.0
SERIOUS = {"serious", "critical"}


class Visitor:
    """Does what people do, and waits for what they would wait for."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def come(self, place: str = "") -> None:
        """Open the page, or a place in it."""
        self.page.goto(f"{self.url}/{place}")
        expect(self.page.locator("main > section")).to_be_visible()

    def choose(self, photos: Sequence[Path]) -> None:
        """Choose photos in the file picker."""
        self.page.set_input_files("input[type=file][multiple]", [str(path) for path in photos])
        expect(self.page.locator("footer.bar p")).to_contain_text(str(len(photos)))

    def go_on(self, preset: str) -> None:
        """Go to the looks and choose one."""
        self.page.locator("footer.bar .primary").click()
        self.card(preset).click()
        expect(self.card(preset)).to_have_attribute("aria-pressed", "true")

    def begin(self, photos: Sequence[Path], preset: str) -> None:
        """Open the page, choose photos and a look."""
        self.come()
        self.choose(photos)
        self.go_on(preset)

    def card(self, preset: str) -> Locator:
        """The card of a preset."""
        return self.page.locator(f'.card[data-preset="{preset}"]')

    def start(self) -> str:
        """Press Start; returns the id of the batch once its page is there."""
        self.page.locator("footer.bar .primary").click()
        return self.arrived()

    def arrived(self) -> str:
        """Wait for the page of a batch; returns its id."""
        try:
            self.page.wait_for_url(re.compile("#/batch/"), timeout=BATCH_S * 1000)
        except TimeoutError:
            self.seen("stuck")
            raise
        return self.page.url.rpartition("/")[2]

    def status(self, is_: str, within_s: float = BATCH_S) -> None:
        """Wait for a state of the batch."""
        expect(self.page.locator(".batch-head .status")).to_have_attribute("data-status", is_, timeout=within_s * 1000)

    def tab(self, name: str) -> Locator:
        """One of the filters above a batch's photos."""
        return self.page.locator(f'.tabs [data-filter="{name}"]')

    def thumbnails(self) -> Locator:
        """The pictures that are to be seen in the grid."""
        return self.page.locator(".cell:not([hidden]) .photo img:not([hidden])")

    def cell(self, index: int) -> Locator:
        """A cell of the grid."""
        return self.page.locator(f"#cell-{index}")

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button of this name."""
        dialog = self.page.locator("dialog[open]")
        within = dialog.last if dialog.count() else self.page
        within.get_by_role("button", name=name).first.click()

    def seen(self, name: str) -> None:
        """Keep a screenshot, for eyes, and make sure that nothing is wider than the screen."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
        assert self.page.evaluate("document.documentElement.scrollWidth <= screen.width")

    def accessible(self) -> None:
        """Have axe-core find nothing serious."""
        found = Axe().run(self.page).response["violations"]
        serious = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]
        assert serious == []
