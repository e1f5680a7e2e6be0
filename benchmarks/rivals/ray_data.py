"""Ray Data around our operations, so that only the orchestration differs: a loop as people write it, and our stage.

`ray-data` is the loop that a person would write: `from_items(…).map_batches(…)`, whose actors read and write files.
`photobatch.ray` is `photobatch.ray.Retouch` as docs/ray-data.md shows it: photos and results are in columns, and tasks
read and write them.

The actors belong to one execution and can't be kept for the next. So each run has a process and a Ray of its own, in
which a few photos go before. Both actors of the timed execution are up and have worked on a photo when Ray Data hands
out the first (`wait_for_min_actors_s`), and the clock starts when that is taken up: none of the 5 to 10 s before
are counted, and nothing of it idles while others have their turn. Processes for the tasks are there before, too.

Photos come in three blocks a worker, the fastest that we found: with one photo a block it takes a third longer.
"""

import logging
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from benchmarks.rivals.look import Look
from benchmarks.rivals.ours import Operations, output
from benchmarks.rivals.peer import result_of

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset

# ruff: noqa: PLC0415 - the environment of Ray is prepared before

_LIBRARIES = ("ray", "pandas", "pyarrow")
_BLOCKS = 3  # a worker
_PROCESSES = 8  # two become actors, the others read and write
_START_S = 120
_STORE_BYTES = 2 * 2**30  # Ray's default would be 30 % of the memory

Pipeline = Callable[["RayData", "Dataset", Path], "Dataset"]
"""Makes a pipeline of the peer and a dataset with `source` and `target`; its rows say when each photo was `begun`."""


@dataclass(frozen=True)
class RayData:
    """A peer. `scratch` has the baked colour tables in `tables`; actors are warmed with `sample`."""

    name: str
    pipeline: Pipeline
    look: Look
    workers: int
    sample: Path
    scratch: Path

    @property
    def tables(self) -> Path:
        """The folder of colour tables."""
        return self.scratch / "tables"

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of Ray and Ray Data's dependencies."""
        return {name: version(name) for name in _LIBRARIES}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def run(self, photos: Sequence[Path], results: Path) -> float:
        """As benchmarks.rivals.peer has it, from the first photo that is taken up."""
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            return alone.submit(_with_own_ray, self, photos, results).result()


def loop(peer: RayData, items: "Dataset", results: Path) -> "Dataset":
    """Actors that read, retouch and write."""
    import ray.data

    return items.map_batches(
        _Loop,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=peer.workers),
        fn_constructor_args=(peer.look, peer.tables, peer.sample, results),
    )


class _Loop:
    """The callable of the loop's actors."""

    def __init__(self, look: Look, tables: Path, sample: Path, results: Path) -> None:
        self._operations = Operations(look, tables)
        self._operations(sample, results / f"warm-{os.getpid()}.jpg")

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Retouch the photos of a batch; the rows that come back say when each was begun."""
        begun = []
        for source, target in zip(batch["source"], batch["target"], strict=True):
            begun.append(time.perf_counter())  # one clock for all processes of a machine
            self._operations(Path(source), Path(target))
        return {"begun": begun}


def stage(peer: RayData, items: "Dataset", results: Path) -> "Dataset":
    """Tasks that read, the stage's actors, and tasks that write."""
    import ray.data

    from photobatch.ray import Retouch

    look = peer.look
    retouch = Retouch(look.preset, preset_type=look.preset_type, params=look.params, output=output(look))

    class Warm(retouch):  # type: ignore[valid-type, misc]
        """A stage that has worked on a photo."""

        def __init__(self) -> None:
            super().__init__()
            self({"bytes": [peer.sample.read_bytes()]})

    two = ray.data.ActorPoolStrategy(size=peer.workers)
    photos = items.map_batches(_read, batch_size=1, batch_format="pyarrow", num_cpus=0.1)
    retouched = photos.map_batches(Warm, batch_size=4, batch_format="pyarrow", num_cpus=0.9, compute=two)
    return retouched.map_batches(_write, batch_format="pyarrow", num_cpus=0.1)


def _read(batch: "pa.Table") -> "pa.Table":
    import pyarrow as pa

    begun, data = [], []
    for source in batch["source"].to_pylist():
        begun.append(time.perf_counter())
        data.append(Path(source).read_bytes())
    return batch.append_column("begun", pa.array(begun)).append_column("bytes", pa.array(data))


def _write(batch: "pa.Table") -> "pa.Table":
    for target, data in zip(batch["target"].to_pylist(), batch["bytes"].to_pylist(), strict=True):
        Path(target).write_bytes(data)
    return batch.select(["begun"])


def _with_own_ray(peer: RayData, photos: Sequence[Path], results: Path) -> float:
    os.environ["RAY_BACKEND_LOG_LEVEL"] = "fatal"  # it warns of restarts that never happen
    os.environ.update(RAY_num_workers_soft_limit=str(_PROCESSES))  # idle ones are kept
    os.environ["BATCH_DATA_DIR"] = str(peer.scratch)  # where the stage looks for tables
    from deployments.settings import prepare_ray_environment

    prepare_ray_environment()  # as for our own Ray; before the first import of Ray, which is next
    from deployments.local.local_ray import LocalRay
    from deployments.local.session import new_scratch_folder

    scratch = new_scratch_folder()
    local = LocalRay(cpus=max(peer.workers, os.cpu_count() or 1), scratch=scratch, object_store=_STORE_BYTES)
    local.start()
    try:
        _execute(peer, photos[: 2 * peer.workers], results)
        return _execute(peer, photos, results)
    finally:
        local.stop()
        shutil.rmtree(scratch, ignore_errors=True)


def _execute(peer: RayData, photos: Sequence[Path], results: Path) -> float:
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.wait_for_min_actors_s = _START_S
    _start_processes()
    items = [{"source": str(photo), "target": str(result_of(index, results))} for index, photo in enumerate(photos)]
    dataset = ray.data.from_items(items, override_num_blocks=min(_BLOCKS * peer.workers, len(items)))
    begun: list[float] = [row["begun"] for row in peer.pipeline(peer, dataset, results).iter_rows()]
    return time.perf_counter() - min(begun)


def _start_processes() -> None:
    """Wait until there are processes that have imported Ray Data."""
    import ray

    def pid() -> int:
        import ray.data  # noqa: F401

        time.sleep(0.5)  # so that each process gets one
        return os.getpid()

    task = ray.remote(num_cpus=0.1)(pid)
    while len(set(ray.get([task.remote() for _ in range(2 * _PROCESSES)]))) < _PROCESSES:
        pass
