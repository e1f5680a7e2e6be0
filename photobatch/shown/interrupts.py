"""Ctrl-C, SIGTERM and a closed terminal: the first signal is a request, the second ends the process at once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, Self

from photobatch.refusal import RefusalError

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_STDERR = 2


class Interrupted(BaseException):
    """A signal came in a block that it may interrupt."""


class Interrupts:
    """Context manager that notes the first signal and ends the process at the second, after `at_once`, with `words`.

    The first raises only within `breaking_off()`. Elsewhere the working code checks `signal` at points where
    stopping is clean, so that no step is left half done.
    """

    def __init__(self, at_once: Callable[[], None], words: Callable[[], str]) -> None:
        self.signal: int | None = None
        self._at_once = at_once
        self._words = words
        self._breakable = False
        self._former: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._former = {number: signal.getsignal(number) for number in _SIGNALS}
        self.arm()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def arm(self) -> None:
        """Install the handlers, again if a library replaced them; signals ignored at the start (nohup) stay ignored."""
        for number, handler in self._former.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._handle)

    @contextmanager
    def breaking_off(self) -> Iterator[None]:
        """Let the first signal raise Interrupted."""
        if self.signal is not None:
            raise Interrupted
        self._breakable = True
        try:
            yield
        finally:
            self._breakable = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            self._at_once()
            with suppress(OSError):
                os.write(_STDERR, self._farewell())
            os._exit(128 + number)
        self.signal = number
        if self._breakable:
            raise Interrupted

    def _farewell(self) -> bytes:
        """Return the last message, written past Python's buffers, because the signal may have interrupted their use."""
        cursor = "\r\n\x1b[?25h" if os.isatty(_STDERR) else ""
        return f"{cursor}photobatch: {self._words()}\n".encode(errors="replace")


@contextmanager
def stoppable(words: Callable[[], str]) -> Iterator[None]:
    """In the block, Ctrl-C ends the command with status 130; `words` says the state then, and how to continue."""
    interrupts = Interrupts(lambda: None, words)
    try:
        with interrupts, interrupts.breaking_off():
            yield
    except Interrupted:
        raise RefusalError(words(), exit_code=128 + (interrupts.signal or 0)) from None
