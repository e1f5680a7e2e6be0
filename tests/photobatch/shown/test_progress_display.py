import io
import time

import pytest
from rich.console import Console

from photobatch.engine.report import PhotoOutcome, Report
from photobatch.schemas import BatchStatus
from photobatch.shown.progress_display import BarDisplay, LineDisplay, display_on, duration, failure_line, state_line
from tests.photobatch.folder_engine import batch_of

BATCH = batch_of(50, photos_per_s=3.21, eta_s=11.4, eta_low_s=9.9, eta_high_s=75.0)


def terminal(width: int = 100) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, record=True, color_system=None)


def test_the_state_says_what_is_known() -> None:
    assert state_line(0, 50, None) == "0/50 photos"
    assert state_line(1, 50, batch_of(50)) == "1/50 photos"
    assert state_line(12, 50, BATCH) == "12/50 photos · 3.2 photos/s · 12 s left (10 s–1:15)"


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 s"), (59.2, "1:00"), (3729, "1:02:09")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_failure_is_one_line_whatever_the_name() -> None:
    line = failure_line("in/\x1b[31m[bold]\udcff\n.jpg", "corrupt", "First.\nSecond.")
    assert line == "in/�[31m[bold]��.jpg: corrupt: First.�Second."


@pytest.mark.parametrize("width", [80, 160])
def test_the_bar_fits_one_line_and_failures_scroll_above(width: int) -> None:
    console = terminal(width)
    display = display_on(console)
    assert isinstance(display, BarDisplay)
    with display:
        display.phase("starting workers…")
        display.advance(12, 50, BATCH)
        display.failure("in/[a].jpg", "corrupt", "The file is damaged.")
    shown = console.export_text()  # every state that was drawn, one over the other
    assert "in/[a].jpg: corrupt: The file is damaged.\n" in shown
    lines = shown.splitlines()
    assert lines[-1].rstrip().endswith("12/50 photos · 3.2 photos/s · 12 s left (10 s–1:15)")
    assert "━" in lines[-1]


def test_lines_come_rarely_and_the_last_one_always() -> None:
    console = Console(file=io.StringIO(), width=40, record=True)
    display = display_on(console)
    assert isinstance(display, LineDisplay)
    with display:
        display.phase("starting workers…")
        for done in range(51):
            display.advance(done, 50, None)
        display.advance(50, 50, None)
        display.failure("in/" + "long" * 20 + ".jpg", "corrupt", "Bad.")
    assert console.export_text().splitlines() == [
        "starting workers…",
        "0/50 photos",
        "50/50 photos",
        "in/" + "long" * 20 + ".jpg: corrupt: Bad.",
    ]


def test_a_batch_that_still_grows_is_never_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(0, 1000, 3))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    console = Console(file=io.StringIO(), width=100, record=True)
    display = display_on(console)
    for done in range(1, 7):
        display.advance(done, done, batch_of(done, expanding=True))
    display.advance(6, 8, batch_of(8))
    for _ in range(2):
        display.advance(8, 8, batch_of(8))
    assert console.export_text().splitlines() == [f"{done} photos" for done in ("1/1", "3/3", "5/5", "6/8", "8/8")]


def test_what_is_counted_after_a_phase_is_something_new() -> None:
    console = Console(file=io.StringIO(), width=100, record=True)
    display = display_on(console)
    with display:
        for words in ("sent", "fetched"):
            display.phase(f"{words}?")
            for done in range(1, 4):
                display.count(words, done, 3)
        display.phase("watching")
        display.advance(0, 2, BATCH.model_copy(update={"status": BatchStatus.PAUSED}))
    lines = console.export_text().splitlines()
    assert lines[:5] == ["sent?", "sent 3/3", "fetched?", "fetched 3/3", "watching"]
    assert lines[5].startswith("0/2 photos · paused · ")


def test_the_summary_says_everything() -> None:
    outcomes = [PhotoOutcome("a", "b", status) for status in ("succeeded", "failed", "skipped", "cancelled")]
    outcomes[0].notes = ["no_face"]
    console = terminal()
    report = Report(outcomes, "task", startup_s=3.21, seconds=2.0, pixels=24_000_000)
    report.peak_memory_bytes = 3 << 30
    console.print(report.as_table())
    rows = [line.split() for line in console.export_text().splitlines()]
    assert rows == [
        ["photos", "done", "1"],
        ["without", "a", "face", "1"],
        ["failed", "1"],
        ["skipped", "1"],
        ["not", "done", "1"],
        ["start-up", "3.2", "s"],
        ["seconds", "2.0"],
        ["photos/s", "0.50"],
        ["megapixels/s", "12.0"],
        ["peak", "memory", "3,072", "MiB"],
    ]


def test_a_phase_that_goes_on_is_one_line() -> None:
    console = Console(file=io.StringIO(), record=True)
    display = LineDisplay(console)
    for words in ("watching a…", "watching a…", "starting…", "watching a…"):
        display.phase(words)
    assert console.export_text().splitlines() == ["watching a…", "starting…", "watching a…"]
