"""What a run shows while it works, on stderr: a bar on a terminal, plain lines elsewhere."""

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
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the screen as it is."""

    def phase(self, words: str) -> None:
        """Say what is going on while there is nothing to count."""

    def count(self, words: str, done: int, total: int) -> None:
        """Say how far something is that is no batch: files that are sent, or fetched."""

    def failure(self, name: str, code: str, sentence: str) -> None:
        """Say which photo failed, and why."""

    def advance(self, done: int, total: int, batch: schemas.Batch | None) -> None:
        """Show how far the run is."""


def display_on(console: Console) -> Display:
    """Return the display that suits the console."""
    return BarDisplay(console) if console.is_terminal else LineDisplay(console)


def display() -> Display:
    """Return the display that suits this process's stderr."""
    return display_on(Patient(stderr=True))


class Patient(Console):
    """A console that falls silent when nobody listens any more; rich's own would end the program then."""

    def on_broken_pipe(self) -> None:
        """Do so."""
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
        """Show the words beside a bar that pulses."""
        self._progress.update(self._task, description=words)

    def count(self, words: str, done: int, total: int) -> None:
        """Move the bar, which is used for one thing after another."""
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def phase(self, words: str) -> None:
        """Print the words; what is counted then is something new."""
        self._next = 0.0
        self._print(words)

    def count(self, words: str, done: int, total: int) -> None:
        """Print how far it is, unless something was printed a moment ago."""
        self._next = self._next or time.monotonic() + _LINE_EVERY_S
        self._now_and_then(f"{words} {done}/{total}", more=done < total)

    def failure(self, name: str, code: str, sentence: str) -> None:
        """Print the failure."""
        self._print(failure_line(name, code, sentence))

    def advance(self, done: int, total: int, batch: schemas.Batch | None) -> None:
        """Print the state, unless that was done a moment ago."""
        more = done < total or (batch is not None and batch.expanding)
        self._now_and_then(state_line(done, total, batch), more=more)

    def _now_and_then(self, line: str, *, more: bool) -> None:
        """Print the last line once, and those before it rarely; one that is followed after all was not the last."""
        soon = time.monotonic() + _LINE_EVERY_S
        if more:
            self._next = min(self._next, soon)
        if soon - _LINE_EVERY_S >= self._next or (not more and self._next < math.inf):
            self._next = soon if more else math.inf
            self._print(line)

    def _print(self, line: str) -> None:
        try:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        except OSError:  # its disk is full: no reason to stop
            self._console.quiet = True
            hang_up(sys.stderr)


def state_line(done: int, total: int, batch: schemas.Batch | None) -> str:
    """Return `12/50 photos · 3.2 photos/s · 12 s left (10 s–15 s)`; what is not known yet is left out."""
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
    """Return a failure in one line, whatever the file is called."""
    return f"{shown(name)}: {code}: {' '.join(shown(sentence).split())}"


def duration(seconds: float) -> str:
    """Return `12 s`, `3:05` or `1:02:09`."""
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
