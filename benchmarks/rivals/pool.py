"""Peers that apply a function to each photo, in warm processes of their own."""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.rivals.peer import result_of

Retouch = Callable[[Path, Path], None]
"""Reads a photo and writes its result."""

# One thread inside each process: read by OpenMP (torch, ImageMagick), libvips and ImageMagick when they are loaded.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "VIPS_CONCURRENCY": "1", "MAGICK_THREAD_LIMIT": "1"}
_PATIENCE_S = 120.0

_here: list[Retouch] = []  # the function, in a process of a pool


class Pool:
    """A peer. `make` is called in each process; it imports its modules and returns the function for a photo.

    Each process has worked on `sample` before the pool is entered. `packages` is a folder for their sys.path.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Retouch],
        versions: Mapping[str, str],
        *,
        processes: int,
        sample: Path,
        packages: Path | None = None,
    ) -> None:
        self.name = name
        self.versions = versions
        self._processes = processes
        spawn = multiprocessing.get_context("spawn")
        together = spawn.Barrier(processes)  # no photo is taken before all are warm
        self._pool = ProcessPoolExecutor(processes, spawn, _warm, (make, sample, packages, together))

    def __enter__(self) -> Self:
        for job in [self._pool.submit(time.sleep, 0) for _ in range(self._processes)]:  # starts the processes
            job.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def run(self, photos: Sequence[Path], results: Path) -> float:
        """See benchmarks.rivals.peer."""
        begun = time.perf_counter()
        jobs = [self._pool.submit(_retouch, photo, result_of(index, results)) for index, photo in enumerate(photos)]
        for job in jobs:
            job.result()
        return time.perf_counter() - begun


def _warm(make: Callable[[], Retouch], sample: Path, packages: Path | None, together: Barrier) -> None:
    os.environ.update(ONE_THREAD)
    if packages is not None:
        sys.path.append(str(packages))  # behind .venv
    retouch = make()
    with tempfile.TemporaryDirectory(prefix="photobatch-peer-") as name:
        retouch(sample, Path(name, "warm.jpg"))
    _here.append(retouch)
    together.wait(_PATIENCE_S)


def _retouch(source: Path, target: Path) -> None:
    _here[0](source, target)
