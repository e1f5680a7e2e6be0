"""Ray Data around our own operations: `from_items(…).map_batches(…)`, so that only the orchestration differs.

Its actors belong to one execution and can't be kept for the next. So each run has a process and a Ray of its own, in
which a few photos go before. Both actors of the timed execution are up and have worked on a photo when Ray Data hands
out the first (`wait_for_min_actors_s`), and the clock starts when an actor takes that up: none of the 5 to 10 s before
are counted, and nothing of it idles while others have their turn.

Photos come in three blocks a worker, the fastest that we found: with one photo a block it takes a third longer.
"""

import logging
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.rivals.look import Look
from benchmarks.rivals.ours import Operations
from benchmarks.rivals.peer import result_of

PACKAGES = {"pandas": "3.1.1", "pyarrow": "26.0.1"}  # what ray[data] adds to ray
_ROOT = Path(__file__).parents[2]
_BLOCKS = 3  # a worker
_START_S = 120


@dataclass(frozen=True)
class RayData:
    """A peer. `tables` has the baked colour tables; actors are warmed with `sample`."""

    look: Look
    workers: int
    sample: Path
    tables: Path
    packages: Path
    name: str = "ray-data"

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of Ray and Ray Data's dependencies."""
        return {"ray": version("ray"), **PACKAGES}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def run(self, photos: Sequence[Path], results: Path) -> float:
        """As benchmarks.rivals.peer has it, from the first photo that an actor takes up."""
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            return alone.submit(_with_own_ray, self, photos, results).result()


class _Retouch:
    """The callable of Ray Data's actors."""

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


def _with_own_ray(peer: RayData, photos: Sequence[Path], results: Path) -> float:
    os.environ["PYTHONPATH"] = f"{peer.packages}{os.pathsep}{_ROOT}"  # Ray's processes inherit it
    os.environ["RAY_BACKEND_LOG_LEVEL"] = "fatal"  # it warns of restarts that never happen
    sys.path.append(str(peer.packages))
    from deployments.settings import prepare_ray_environment  # noqa: PLC0415

    prepare_ray_environment()  # as for our own Ray; before the first import of Ray, which is next
    from deployments.local.local_ray import LocalRay  # noqa: PLC0415
    from deployments.local.session import new_scratch_folder  # noqa: PLC0415

    scratch = new_scratch_folder()
    local = LocalRay(cpus=max(peer.workers, os.cpu_count() or 1), scratch=scratch)
    local.start()
    try:
        _execute(peer, photos[: 2 * peer.workers], results)
        return _execute(peer, photos, results)
    finally:
        local.stop()
        shutil.rmtree(scratch, ignore_errors=True)


def _execute(peer: RayData, photos: Sequence[Path], results: Path) -> float:
    import ray.data  # noqa: PLC0415

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.wait_for_min_actors_s = _START_S
    items = [{"source": str(photo), "target": str(result_of(index, results))} for index, photo in enumerate(photos)]
    rows = ray.data.from_items(items, override_num_blocks=min(_BLOCKS * peer.workers, len(items))).map_batches(
        _Retouch,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=peer.workers),
        fn_constructor_args=(peer.look, peer.tables, peer.sample, results),
    )
    begun: list[float] = [row["begun"] for row in rows.iter_rows()]
    return time.perf_counter() - min(begun)
