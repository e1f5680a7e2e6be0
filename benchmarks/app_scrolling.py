"""How smoothly the phone app's grid scrolls: `python -m benchmarks.app_scrolling [--quick]`, after `make app-test`.

The app's web build shows a batch of a thousand photos of the real service in Chromium, on a phone's screen. Its grid is
scrolled at a steady speed: through all photos when the batch has ended, and for some seconds while results come. In the
same run the same is done with the page's grid, and with a plain page that has the same thumbnails in a CSS grid.

Script and work are CPU time of the browser's main thread in 16.7 ms, the time of a frame: other processes and frames
that are dropped hardly change it. A frame is dropped if another one should have come before it.
"""

import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from skimage import data

from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.scrolling import CHROMIUM, SCREENS, scroll
from benchmarks.servers.folder_host import hosted
from benchmarks.servers.server import Server, serving

BUILT = Path(__file__).parents[1] / "app/dist/web"
SPEED, FRAME_MS = 3600.0, 1000 / 60
MOST_CELLS, MOST_SCRIPT_MS = 100.0, 8.0  # half of a frame
_USER = "benchmark"
_UNDER_WAY_S = 4.0  # of scrolling
_METRICS = {"script": "ScriptDuration", "work": "TaskDuration"}
_PLAIN = """
<style>body {{ margin: 0 }} #grid {{ height: 100vh; overflow-y: auto; display: grid; gap: 4px;
grid-template-columns: repeat(3, 1fr) }} .cell {{ aspect-ratio: 1 }}
img {{ width: 100%; height: 100%; object-fit: cover }}</style><div id="grid">{cells}</div>
"""

Measured = dict[str, float]
Show = Callable[[Page, str], str]  # shows a batch; returns the selector of a cell


def photos(folder: Path, count: int) -> list[str]:
    """Write small photos of distinct bytes, one picture in all of them; return their sources."""
    picture = io.BytesIO()
    Image.fromarray(data.coffee()).save(picture, "JPEG", quality=90)  # type: ignore[no-untyped-call]
    start, rest = picture.getvalue()[:2], picture.getvalue()[2:]
    sources = []
    for number in range(count):
        path = folder / f"IMG_{number:04}.jpg"
        path.write_bytes(start + b"\xff\xfe\x00\x06%04d" % number + rest)  # a comment
        sources.append(path.as_uri())
    return sources


class Showing:
    """The three grids of a service's batch."""

    def __init__(self, service: Server, app: str) -> None:
        self._service = service
        self._app = app

    def app(self, page: Page, task: str) -> str:
        """Open the batch as somebody does who has the app."""
        page.goto(self._app)
        page.evaluate(
            "([address, user]) => Object.entries({address, user}).forEach(([name, value]) => "
            "localStorage.setItem(name, JSON.stringify(value)))",
            [self._service.url, _USER],
        )
        page.reload()
        page.get_by_role("button", name="My batches").click()
        page.get_by_test_id("batch-row").first.click()  # the newest
        return "[data-testid^=cell-]"

    def page(self, page: Page, task: str) -> str:
        """Open the batch on the page."""
        page.goto(f"{self._service.url}/#/batch/{task}")
        return ".cell"

    def plain(self, page: Page, task: str) -> str:
        """Show the thumbnails in a grid of CSS."""
        small = f"{self._service.url}/api/v1/batch/{task}/photos/{{}}/thumbnail"
        total = self._service.batch(task)["counts"]["total"]
        cells = (f'<div class="cell"><img loading=lazy src={small.format(at)}></div>' for at in range(total))
        page.set_content(_PLAIN.format(cells="".join(cells)))
        return ".cell"


@contextmanager
def phone(browser: Browser) -> Iterator[Page]:
    """A page on a phone's screen, for the time of the block."""
    context = browser.new_context(**SCREENS["phone"], locale="en-US")
    try:
        yield context.new_page()
    finally:
        context.close()


def measure(browser: Browser, show: Show, task: str, seconds: float | None) -> Measured:
    """Show a batch and scroll through it, to its end or for some seconds."""
    with phone(browser) as page:
        cell = show(page, task)
        page.wait_for_selector(f"{cell} img:not([hidden])")
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def spent() -> dict[str, float]:
            return {one["name"]: one["value"] * 1000 for one in session.send("Performance.getMetrics")["metrics"]}

        before = spent()
        moved = scroll(page, cell, seconds, SPEED)
        after = spent()
    frames = moved["frames"]
    late = sum(round(one / FRAME_MS) - 1 for one in frames if one > 1.5 * FRAME_MS)
    each = {name: (after[metric] - before[metric]) / sum(frames) * FRAME_MS for name, metric in _METRICS.items()}
    return {**each, "cells": moved["cells"][0], "seen": moved["seen"][0], "dropped": 100 * late / (len(frames) + late)}


def figures(app: list[Measured], page: list[Measured], plain: list[Measured]) -> list[Figure]:
    """Return what is said of the app, beside the other two."""

    def of(runs: list[Measured], name: str) -> list[float]:
        return [run[name] for run in runs]

    def ratio(others: list[Measured]) -> list[float]:
        return [mine["work"] / other["work"] for mine, other in zip(app, others, strict=True)]

    said = [
        Figure("cells at most", "", of(app, "cells"), Target(MOST_CELLS)),
        Figure("script in a frame", "ms", of(app, "script"), Target(MOST_SCRIPT_MS)),
        Figure("work in a frame", "ms", of(app, "work")),
        Figure("dropped frames", "%", of(app, "dropped")),
        Figure("thumbnails seen", "", of(app, "seen")),
        Figure("work", "× the page's grid", ratio(page)),
        Figure("page's dropped frames", "%", of(page, "dropped")),
    ]
    if plain:
        said.append(Figure("work", "× a plain grid", ratio(plain)))
        said.append(Figure("plain grid's dropped frames", "%", of(plain, "dropped")))
    return said


def main() -> None:
    """The command line."""
    parser = command.parser("app_scrolling", "How smoothly the phone app's grid scrolls.", quick="200 photos, one run")
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--built", type=Path, default=BUILT, help="the folder of the web build")
    wanted = parser.parse_args()
    if not (wanted.built / "index.html").exists():
        sys.exit("the app is not built: make app-test")
    runs, count = (1, min(wanted.photos, 200)) if wanted.quick else (wanted.runs, wanted.photos)
    speaker = command.Speaker("app_scrolling", wanted)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="photobatch-app-scrolling-")))
        sources = photos(folder, count)
        (folder / "service").mkdir()
        app = stack.enter_context(hosted(wanted.built))
        environment = {"BATCH_CORS_ORIGINS": app, "BATCH_FILE_ROOTS": str(folder), "BATCH_REUSE": "0"}
        service = stack.enter_context(serving(folder / "service", **environment))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        case = {"photos": count, "browser": f"Chromium {browser.version}"}
        showing = Showing(service, app)

        def submit() -> str:
            task: str = service.submit(user_id=_USER, image_urls=sources, preset_id="filter_warm")["task_id"]
            return task

        under_way: list[list[Measured]] = [[], []]
        for _ in range(runs):
            for show, measured in zip((showing.app, showing.page), under_way, strict=True):
                task = submit()
                measured.append(measure(browser, show, task, _UNDER_WAY_S))
                service.ended(task)
        ended: list[list[Measured]] = [[], [], []]
        for _ in range(runs):
            for show, measured in zip((showing.app, showing.page, showing.plain), ended, strict=True):
                measured.append(measure(browser, show, task, None))
        speaker.report({"batch": "under way", **case}, figures(under_way[0], under_way[1], []))
        speaker.report({"batch": "ended", **case}, figures(ended[0], ended[1], ended[2]))
        browser.close()


if __name__ == "__main__":
    main()
