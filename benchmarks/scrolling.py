"""How smoothly a thousand photos scroll in Chromium: `python -m benchmarks.scrolling [--quick]`.

Photos of 12 MP are chosen on the page, as a person does, and the grid is scrolled from end to end while thumbnails are
made. Measured are the time between two frames, and tasks of the page's thread that took longer than 50 ms.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.record.percentile import percentile
from benchmarks.servers.server import serving
from benchmarks.throughput import Case

CHROMIUM = "/usr/bin/chromium"
FRAME_MS, TASK_MS = 33.0, 50.0
SCREENS: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 3,
        "has_touch": True,
        "is_mobile": True,
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}
PIXELS_A_SECOND = 1800.0
# Scrolls at a steady speed what holds the cells: for some seconds, back and forth, or to its end. Returns the
# milliseconds between frames, those of tasks longer than 50, how far it went, how many pictures came into sight, and
# how many cells there were at most.
_SCROLL = """
async ([cell, seconds, speed]) => {
  const scrolls = ({scrollHeight, clientHeight}) => scrollHeight > clientHeight + 1;
  let grid = document.querySelector(cell);
  while (!scrolls(grid) || !/auto|scroll/.test(getComputedStyle(grid).overflowY)) grid = grid.parentElement;
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({duration}) => duration)));
  observer.observe({type: "longtask"});
  const frames = [];
  const seen = new Set();
  let travelled = 0, cells = 0, direction = 1;
  let last = await new Promise(requestAnimationFrame);
  const end = last + (seconds ?? 1e6) * 1000;
  while (last < end) {
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    const before = grid.scrollTop;
    grid.scrollTop += direction * speed * (now - last) / 1000;
    travelled += Math.abs(grid.scrollTop - before);
    const there = document.querySelectorAll(`${cell}:not([hidden])`);
    cells = Math.max(cells, there.length);
    for (const one of there) for (const image of one.querySelectorAll("img:not([hidden])")) seen.add(image.src);
    if (grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1) {
      if (seconds === null) break;
      direction = -1;
    }
    if (grid.scrollTop <= 0) direction = 1;
    last = now;
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  observer.disconnect();
  return {frames, tasks, travelled: [travelled], seen: [seen.size], cells: [cells]};
}
"""


def scroll(page: Page, cell: str, seconds: float | None, speed: float = PIXELS_A_SECOND) -> dict[str, list[float]]:
    """Scroll what holds the cells (a CSS selector) for some seconds, or to its end; return what `_SCROLL` does."""
    measured: dict[str, list[float]] = page.evaluate(_SCROLL, [cell, seconds, speed])
    if measured["travelled"][0] < sum(measured["frames"]) / 1000 * speed / 2:
        raise RuntimeError("the grid did not scroll")
    return measured


def photos(folder: Path, count: int) -> list[str]:
    """Return paths of many 12 MP photos: a few files, each with many names."""
    few = Case("filter_warm", photos=20).make_photos()
    paths = [folder / f"IMG_{number:04}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.hardlink_to(few[number % len(few)])
    return [str(path) for path in paths]


def scrolled(browser: Browser, url: str, screen: str, paths: list[str], seconds: float) -> dict[str, list[float]]:
    """Choose the photos on a screen and scroll through them; return what `_SCROLL` does."""
    context = browser.new_context(**SCREENS[screen])
    try:
        page = context.new_page()
        page.goto(url)
        page.set_input_files("input[type=file][multiple]", paths)
        page.wait_for_selector(".cell img:not([hidden])")
        return scroll(page, ".cell", seconds)
    finally:
        context.close()


def main() -> None:
    """The command line."""
    parser = command.parser("scrolling", "How smoothly a thousand photos scroll.", quick="200 photos, 5 s, one run")
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=15.0)
    wanted = parser.parse_args()
    runs, count, seconds = (1, 200, 5.0) if wanted.quick else (wanted.runs, wanted.photos, wanted.seconds)
    speaker = command.Speaker("scrolling", wanted)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="photobatch-scrolling-")))
        paths = photos(folder, count)
        (folder / "service").mkdir()
        url = stack.enter_context(serving(folder / "service")).url
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        version = browser.version
        for screen in SCREENS:
            measured = [scrolled(browser, url, screen, paths, seconds) for _ in range(runs)]
            said = [
                Figure("frame p95", "ms", [percentile(one["frames"], 0.95) for one in measured], Target(FRAME_MS)),
                Figure("thumbnails seen", "", [one["seen"][0] for one in measured]),
                Figure("longest task", "ms", [max(one["tasks"], default=0.0) for one in measured], Target(TASK_MS)),
            ]
            speaker.report({"screen": screen, "photos": count, "browser": f"Chromium {version}"}, said)
        browser.close()


if __name__ == "__main__":
    main()
