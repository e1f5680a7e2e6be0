"""Several photos on one GPU at a time, in one process. Measured by benchmarks.gpu_check; no worker uses it yet."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

import torch

from models.eager.device_jpeg import JpegDevice

Item = TypeVar("Item")
Made = TypeVar("Made")


class _Lane(threading.local):
    """A thread's stream, and what its photos share."""

    shared: JpegDevice | None = None
    stream: torch.cuda.Stream


class Flights:
    """Threads that each have a stream of their own: one photo is copied while another is decoded or encoded.

    One process has one context of CUDA, which takes about half a gigabyte, for all of them.
    """

    def __init__(self, device: str, count: int) -> None:
        """`count` photos at a time. A `cpu` has no streams."""
        self._device = device
        self._lane = _Lane()
        self._threads = ThreadPoolExecutor(count, "flight")

    def map(self, work: Callable[[JpegDevice, Item], Made], items: Iterable[Item]) -> Iterator[Made]:
        """Yield what `work` makes of each item, in their order. The first exception of `work` is raised."""
        return self._threads.map(lambda item: self._carried_out(work, item), items)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _carried_out(self, work: Callable[[JpegDevice, Item], Made], item: Item) -> Made:
        lane = self._lane
        if self._device == "cpu":
            lane.shared = lane.shared or JpegDevice("cpu")
            return work(lane.shared, item)
        if lane.shared is None:
            lane.stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        with torch.cuda.stream(lane.stream):
            lane.shared = lane.shared or JpegDevice(self._device)
            return work(lane.shared, item)
