"""Memory of a tree of processes: proportional set size, so that a shared page counts once."""

import threading
import time
from contextlib import AbstractContextManager
from types import TracebackType

import psutil


def tree_pss(root: int) -> int:
    """Bytes of the process `root` and all below it; one that just ended counts nothing."""
    try:
        process = psutil.Process(root)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_pss(member) for member in family)


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


class PeakMemory(AbstractContextManager["PeakMemory"]):
    """The highest memory of a tree between enter and exit, sampled every `interval_s`.

    Reading the pages of some twenty processes costs time on one core: never sample in a run that is timed.
    """

    def __init__(self, root: int, interval_s: float = 0.1) -> None:
        self.peak = 0
        self.samples = 0
        self._root = root
        self._interval_s = interval_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            begun = time.monotonic()
            self.peak = max(self.peak, tree_pss(self._root))
            self.samples += 1
            if self._over.wait(max(0.0, begun + self._interval_s - time.monotonic())):
                return
