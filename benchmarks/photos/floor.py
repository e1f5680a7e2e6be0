"""The codec floor: the time for reading, decoding, encoding and writing the same files, with nothing in between.

Every speed is stated as a multiple of it, measured in the same run with as many processes: absolute times differ
between machines, the ratio hardly does.
"""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import simplejpeg

QUALITY = 92


class Floor(AbstractContextManager["Floor"]):
    """Warm processes that do nothing but the codec's work.

    `results` is the folder that they write to; each run overwrites the last.
    """

    def __init__(self, processes: int, results: Path) -> None:
        results.mkdir(parents=True, exist_ok=True)
        self._processes = processes
        self._results = results
        self._pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))

    def __enter__(self) -> "Floor":
        # One blocking job for each process, so that all are started and have imported their modules.
        for job in [self._pool.submit(time.sleep, 0.2) for _ in range(self._processes)]:
            job.result()
        for job in [self._pool.submit(_warm) for _ in range(self._processes)]:
            job.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def run(self, photos: list[Path]) -> float:
        """Seconds for all of `photos`, JPEGs all."""
        begun = time.perf_counter()
        jobs = [
            self._pool.submit(recode, photo, self._results / f"{index:05}.jpg") for index, photo in enumerate(photos)
        ]
        for job in jobs:
            job.result()
        return time.perf_counter() - begun


def recode(source: Path, target: Path) -> None:
    """One photo: strict decode to RGB, encode at quality 92 with the source's subsampling."""
    data = source.read_bytes()
    _, _, _, subsampling = simplejpeg.decode_jpeg_header(data)
    pixels = simplejpeg.decode_jpeg(data, "RGB", strict=True)
    target.write_bytes(simplejpeg.encode_jpeg(pixels, QUALITY, "RGB", subsampling))


def _warm() -> None:
    time.sleep(0.05)
