"""The progress display on stderr: a bar on a terminal, plain lines elsewhere."""

import math
import sys
import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from photobatch import schemas
from photobatch.shown.terminal import hang_up, shown

_LINE_EVERY_S = 5.0


class Display(Protocol):
    """Context manager; closed before the summary is printed."""

    def __enter__(self) -> Self:
        """Start the display."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the screen as it is."""

    def phase(self, words: str) -> None:
        """Show the current phase while there is nothing to count."""

    def count(self, words: str, done: int, total: int) -> None:
        """Show the progress of uploads or downloads."""

    def failure(self, name: str, code: str, sentence: str) -> None:
        """Show which photo failed, and why."""

    def advance(self, done: int, total: int, batch: schemas.Batch | None) -> None:
        """Show the progress of the run."""


def display_on(console: Console) -> Display:
    """Return the right display for the console."""
    return BarDisplay(console) if console.is_terminal else LineDisplay(console)


def display() -> Display:
    """Return the right display for this process's stderr."""
    return display_on(Patient(stderr=True))


class Patient(Console):
    """A console that becomes silent when its pipe is closed; rich's own console would end the program."""

    def on_broken_pipe(self) -> None:
        """Become silent."""
        self.quiet = True
        hang_up(sys.stderr)


class BarDisplay:
    """A bar that fills the line; failures scroll by above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            BarColumn(bar_width=None),
            TextColumn("{task.description}", markup=False),
            console=console,
            expand=True,
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def phase(self, words: str) -> None:
        """Show the text beside a pulsing bar."""
        self._progress.update(self._task, description=words)

    def count(self, words: str, done: int, total: int) -> None:
        """Move the bar; it is used for several tasks in turn."""
        self._progress.update(self._task, completed=done, total=total, description=f"{words} {done}/{total}")

    def failure(self, name: str, code: str, sentence: str) -> None:
        """Print one line above the bar."""
        line = failure_line(name, code, sentence)
        self._console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)

    def advance(self, done: int, total: int, batch: schemas.Batch | None) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=done, total=total, description=state_line(done, total, batch))


class LineDisplay:
    """A line every few seconds, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = 0.0
        self._last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def phase(self, words: str) -> None:
        """Print the text, unless it is the last line already; the next count is a new task."""
        self._next = 0.0
        if words != self._last:
            self._print(words)

    def count(self, words: str, done: int, total: int) -> None:
        """Print the progress, unless something was printed a moment ago."""
        self._next = self._next or time.monotonic() + _LINE_EVERY_S
        self._now_and_then(f"{words} {done}/{total}", more=done < total)

    def failure(self, name: str, code: str, sentence: str) -> None:
        """Print the failure."""
        self._print(failure_line(name, code, sentence))

    def advance(self, done: int, total: int, batch: schemas.Batch | None) -> None:
        """Print the state, unless it was printed a moment ago."""
        more = done < total or (batch is not None and batch.expanding)
        self._now_and_then(state_line(done, total, batch), more=more)

    def _now_and_then(self, line: str, *, more: bool) -> None:
        """Print the last line once, and earlier ones rarely; if more follow, it was not the last one."""
        soon = time.monotonic() + _LINE_EVERY_S
        if more:
            self._next = min(self._next, soon)
        if soon - _LINE_EVERY_S >= self._next or (not more and self._next < math.inf):
            self._next = soon if more else math.inf
            self._print(line)

    def _print(self, line: str) -> None:
        self._last = line
        try:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        except OSError:  # disk full: no reason to stop
            self._console.quiet = True
            hang_up(sys.stderr)


def state_line(done: int, total: int, batch: schemas.Batch | None) -> str:
    """Return `12/50 photos · 3.2 photos/s · 12 s left (10 s–15 s)`; unknown parts are left out."""
    parts = [f"{done}/{total} photos"]
    if batch is not None and batch.status is schemas.BatchStatus.PAUSED:
        parts.append("paused")
    if batch is not None and batch.photos_per_s is not None:
        parts.append(f"{batch.photos_per_s:.1f} photos/s")
    if batch is not None and batch.eta_s is not None:
        left = f"{duration(batch.eta_s)} left"
        if batch.eta_low_s is not None and batch.eta_high_s is not None:
            left += f" ({duration(batch.eta_low_s)}–{duration(batch.eta_high_s)})"
        parts.append(left)
    return " · ".join(parts)


def failure_line(name: str, code: str, sentence: str) -> str:
    """Return a failure as one line, for any file name."""
    return f"{shown(name)}: {code}: {' '.join(shown(sentence).split())}"


def duration(seconds: float) -> str:
    """Return `12 s`, `3:05` or `1:02:09`."""
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
