"""The peak memory of a block of code."""

import contextlib
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self


class PeakMemory:
    """Context manager that samples in a thread every `interval_s`; `bytes` is None until a sample succeeded."""

    def __init__(self, sample: Callable[[], int], interval_s: float = 0.5) -> None:
        self.bytes: int | None = None
        self._sample = sample
        self._interval_s = interval_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="peak-memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            begun = time.monotonic()
            with contextlib.suppress(Exception):  # a process may end while being measured
                self.bytes = max(self.bytes or 0, self._sample())
            if self._ended.wait(max(0.0, begun + self._interval_s - time.monotonic())):
                return
