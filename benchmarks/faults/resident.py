"""Resident memory of single processes over time, and its growth."""

import statistics
import threading
from dataclasses import dataclass, field
from types import TracebackType

import psutil

from benchmarks.servers.server import Server

WATCHED = {"coordinator": "ray::Coordinator", "ingress": "deployments.local.process", "worker": "ray::Worker"}
_EVERY_S = 0.5


@dataclass
class Resident:
    """One process and its samples in bytes."""

    name: str
    process: psutil.Process
    samples: list[int] = field(default_factory=list)
    died: bool = False

    @property
    def growth(self) -> float:
        """The median of the last quarter divided by that of the first, minus one."""
        quarter = len(self.samples) // 4
        return statistics.median(self.samples[-quarter:]) / statistics.median(self.samples[:quarter]) - 1


class Residents:
    """Samples coordinator, ingress and each worker while the block runs.

    RSS, not PSS: processes and shared memory do not change, so growth of RSS is growth of their own memory. RSS is read
    without walking page tables, which would slow down the measured processes.
    """

    def __init__(self, server: Server) -> None:
        self.all = [
            Resident(name, process)
            for process in sorted(server.processes(), key=lambda process: process.pid)
            for name, title in WATCHED.items()
            if title in " ".join(process.cmdline()[:4])
        ]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="resident", daemon=True)

    def __enter__(self) -> "Residents":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(_EVERY_S):
            for resident in self.all:
                try:
                    resident.samples.append(int(resident.process.memory_info().rss))
                except psutil.Error:
                    resident.died = True
