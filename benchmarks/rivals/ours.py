"""photobatch itself: its operations alone, and the whole service."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from benchmarks.photos.floor import QUALITY
from benchmarks.rivals.look import Look
from benchmarks.rivals.peer import result_of
from photobatch import __version__, schemas

if TYPE_CHECKING:
    from deployments.local.embedded import Engine


class Operations:
    """The operations of a worker on the bytes of a photo, without anything around them."""

    def __init__(self, look: Look, tables: Path) -> None:
        from actors.messages.records import BatchSpec  # noqa: PLC0415
        from actors.worker.pixels import PixelRetoucher  # noqa: PLC0415
        from models.codec.header import Limits  # noqa: PLC0415
        from presets.catalogue import Catalogue  # noqa: PLC0415

        self._retoucher = PixelRetoucher(tables, tables / "models", version=__version__, limits=Limits())
        preset = Catalogue.built_in().resolve(look.preset, look.preset_type, dict(look.params))
        self._job = BatchSpec("", "", asdict(preset), output(look))

    def __call__(self, source: Path, target: Path) -> None:
        """Retouch one photo."""
        target.write_bytes(self._retoucher.retouch(source.read_bytes(), self._job, None).data)


class Service:
    """A peer: the whole service, in a process of its own, because its environment must not affect the others.

    `warm` are photos for warming up; its data are in `folder`.
    """

    def __init__(self, look: Look, workers: int, warm: Sequence[Path], folder: Path) -> None:
        self.name = "photobatch"
        self.versions = {"photobatch": __version__}
        self._look = look
        self._workers = workers
        self._warm = warm
        self._folder = folder
        self._alone = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    def __enter__(self) -> Self:
        self._alone.submit(_start, self._look, self._workers, self._warm, self._folder).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._alone.submit(_stop).result()
        self._alone.shutdown()

    def run(self, photos: Sequence[Path], results: Path) -> float:
        """As benchmarks.rivals.peer has it: from submit to the last result durable."""
        return self._alone.submit(_run, self._look, photos, results).result()


def output(look: Look) -> dict[str, int]:
    """Return the output options of a look."""
    return {} if look.faces else {"quality": QUALITY}  # that of all peers


_here: "list[Engine]" = []  # in the service's process


def _start(look: Look, workers: int, warm: Sequence[Path], folder: Path) -> None:
    os.environ["BATCH_DATA_DIR"] = str(folder / "home")  # contains the colour tables
    from benchmarks.servers.clients import EmbeddedClient  # noqa: PLC0415
    from deployments.local.embedded import Engine  # noqa: PLC0415

    engine = Engine(folder / "data", workers=workers, file_roots=sorted({photo.parent for photo in warm}))
    _here.append(engine.__enter__())
    EmbeddedClient(engine).wait_for_workers(workers)
    results = folder / "warm"
    results.mkdir()
    _run(look, warm, results)


def _run(look: Look, photos: Sequence[Path], results: Path) -> float:
    urls = [photo.resolve().as_uri() for photo in photos]
    options = schemas.OutputOptions(**output(look))
    request = schemas.SubmitRequest(
        preset_id=look.preset,
        preset_type=look.preset_type,
        preset_params=dict(look.params),
        image_urls=urls,
        output=options,
    )
    begun = time.perf_counter()
    task = _here[0].submit(request)
    *_, last = _here[0].watch(task)
    seconds = time.perf_counter() - begun
    if last.batch is None or last.batch.counts.succeeded != len(photos):
        raise RuntimeError(f"not every photo succeeded: {last.batch}")
    for index in range(len(photos)):  # they are durable; this only moves them to the common place
        _here[0].take(task, index, result_of(index, results))
    return seconds


def _stop() -> None:
    for engine in _here:
        engine.close()
