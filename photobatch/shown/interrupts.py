"""Ctrl-C, SIGTERM and a closed terminal: the first is a request, the second is immediate."""

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
    """A signal came while it was allowed to break off what was going on."""


class Interrupts:
    """Context manager that notes the first signal and ends the process at the second, after `at_once`, with `words`.

    The first raises only within `breaking_off()`; elsewhere the one who works looks at `signal` where
    stopping is clean, so that no half-done step is left.
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
        """Take the signals, again where a library took them; what was ignored at first (nohup) stays so."""
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
        """Return the last words; they are written past Python's buffers, which the signal may have found in use."""
        cursor = "\r\n\x1b[?25h" if os.isatty(_STDERR) else ""
        return f"{cursor}photobatch: {self._words()}\n".encode(errors="replace")


@contextmanager
def stoppable(words: Callable[[], str]) -> Iterator[None]:
    """Let Ctrl-C within end the command with status 130; `words` says where things stand then, and how to go on."""
    interrupts = Interrupts(lambda: None, words)
    try:
        with interrupts, interrupts.breaking_off():
            yield
    except Interrupted:
        raise RefusalError(words(), exit_code=128 + (interrupts.signal or 0)) from None
