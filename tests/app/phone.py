"""A person with a phone in hand, in front of the app; the phone is a browser's."""

import re
from collections.abc import Sequence
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.service.page.visitor import PHONE, SERIOUS

__all__ = ["PHONE", "Phone"]
SCREENSHOTS = Path(__file__).parents[1] / "out" / "app"
BATCH_S = 60.0


class Phone:
    """Does what people do, and waits for what they would wait for."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def begin(self, service: str, address: str, use: str) -> None:
        """Open the app for the first time and enter the service's address."""
        self.page.goto(self.url)
        self.page.get_by_label(address, exact=True).fill(service)
        self.press(use)

    def choose(self, photos: Sequence[Path], pick: str) -> None:
        """Choose photos in the system's picker."""
        with self.page.expect_file_chooser() as chooser:
            self.press(pick)
        chooser.value.set_files([str(path) for path in photos])

    def look(self, preset: str) -> Locator:
        """The card of a preset."""
        return self.page.get_by_test_id(f"look-{preset}")

    def cell(self, index: int) -> Locator:
        """A photo of the batch in the grid."""
        return self.page.get_by_test_id(f"cell-{index}")

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button of this name."""
        self.button(name).click()

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """The button of this name."""
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str)).first

    def status(self, is_: str, within_s: float = BATCH_S) -> None:
        """Wait for a state of the batch."""
        expect(self.page.get_by_test_id(f"status-{is_}")).to_be_visible(timeout=within_s * 1000)

    def seen(self, name: str) -> None:
        """Keep a screenshot, for eyes; nothing is wider than the screen, and axe-core finds nothing serious."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
        assert self.page.evaluate("document.documentElement.scrollWidth <= screen.width")
        found = Axe().run(self.page).response["violations"]
        serious = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]
        assert serious == [], serious
