"""Views of several photos in one call of a network. Measured by benchmarks.gpu_check; no worker uses it."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from models.faces.faces import Float

Compute = Callable[[Float], list[Float]]


@dataclass(slots=True)
class _Batch:
    views: list[Float] = field(default_factory=list)
    full: threading.Event = field(default_factory=threading.Event)
    made: "Future[list[Float]]" = field(default_factory=Future)


class Gathering:
    """Threads bring a view each, and one of them computes all that have the same size.

    The first thread of a batch waits for others: for `wait_s` at most, and then until the batch before is computed. A
    thread waits for its view, so there are never more views here than threads.
    """

    def __init__(self, compute: Compute, most: int, wait_s: float) -> None:
        """`compute` makes the outputs of float32 (n, 3, h, w), n up to `most`; the first axis of each is n."""
        self._compute, self._most, self._wait_s = compute, most, wait_s
        self._open: dict[tuple[int, ...], _Batch] = {}  # by the size of their views
        self._changing = threading.Lock()
        self._computing = threading.Lock()
        self.sizes: Counter[int] = Counter()  # of the batches

    @property
    def mean(self) -> float:
        """Views in a batch, over all batches so far."""
        return self.sizes.total() and sum(size * count for size, count in self.sizes.items()) / self.sizes.total()

    def run(self, view: Float) -> list[Float]:
        """Return the outputs of one view (1, 3, h, w). What `compute` raises, each thread of the batch raises."""
        with self._changing:
            batch = self._open.get(view.shape)
            is_first = batch is None
            if batch is None:
                batch = self._open[view.shape] = _Batch()
            place = len(batch.views)
            batch.views.append(view)
            if place + 1 == self._most:
                del self._open[view.shape]
                batch.full.set()
        if is_first:
            self._lead(batch, view.shape)
        return [output[place : place + 1] for output in batch.made.result()]

    def _lead(self, batch: _Batch, size: tuple[int, ...]) -> None:
        batch.full.wait(self._wait_s)
        with self._computing:
            with self._changing:
                if self._open.get(size) is batch:
                    del self._open[size]
            self.sizes[len(batch.views)] += 1
            try:
                batch.made.set_result(self._compute(np.concatenate(batch.views)))
            except Exception as error:  # noqa: BLE001  # the threads that wait must hear of it
                batch.made.set_exception(error)
