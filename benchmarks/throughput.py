"""Speed and memory of the whole service: `python -m benchmarks.throughput [--photos 50] [--runs 3] …`.

Each preset gets an engine of its own with empty caches. Its workers are warmed with small photos, one photo
shows what a colour table costs, then runs of the codec floor and of the service take turns. Memory is
sampled in runs of its own, because sampling takes time. Everything is appended to results/throughput.jsonl.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import results
from benchmarks.demo_photos import Recipe, make
from benchmarks.floor import Floor
from benchmarks.memory import peak_of, tree_pss
from deployments.embedded import Engine
from photobatch import schemas

PRESETS = ("filter_warm", "color_vintage", "beauty_light", "beauty_heavy")
MOST_MEMORY = 400_000_000  # bytes over warm idle
_MANY = 4  # times the photos, for the second look at memory
_PATIENCE_S = 120.0
_SPARE = 3_000_000_000  # bytes of disk that a run may take


@dataclass(slots=True)
class Measured:
    """One preset. Seconds go from submit to the last result durable; bytes are PSS over warm idle."""

    preset: str
    photos: int
    workers: int
    startup_s: float = 0.0
    warm_s: float = 0.0  # from the start until all workers were warm
    cold_photo_s: float = 0.0
    warm_photo_s: float = 0.0
    floor_s: list[float] = field(default_factory=list)
    service_s: list[float] = field(default_factory=list)
    idle_bytes: int = 0
    over_idle_bytes: dict[int, int] = field(default_factory=dict)  # by number of photos

    @property
    def ratios(self) -> list[float]:
        """Service by floor, of each run."""
        return [service / floor for service, floor in zip(self.service_s, self.floor_s, strict=True)]

    @property
    def target(self) -> float:
        """The most that the median ratio may be."""
        return target_ratio(self.preset)


def target_ratio(preset: str) -> float:
    """Multiples of the codec floor that a preset may take."""
    return 3.0 if preset.startswith("beauty") else 2.0


def measure(preset: str, photos: list[Path], small: list[Path], workers: int, runs: int, *, memory: bool) -> Measured:
    """One preset on an engine of its own; needs the machine to itself."""
    measured = Measured(preset, len(photos), workers)
    roots = [photos[0].parent, small[0].parent]
    with tempfile.TemporaryDirectory(prefix="photobatch-bench-") as name:
        os.environ["BATCH_DATA_DIR"] = str(Path(name, "home"))  # tables live there; empty ones are cold
        begun = time.perf_counter()
        with Engine(Path(name, "data"), workers=workers, file_roots=roots) as engine:
            measured.startup_s = time.perf_counter() - begun
            _wait_for_workers(engine, workers)
            measured.warm_s = time.perf_counter() - begun
            _run(engine, preset, small)
            time.sleep(2.0)
            measured.idle_bytes = tree_pss(os.getpid())
            measured.cold_photo_s = _run(engine, preset, photos[:1])
            measured.warm_photo_s = _run(engine, preset, photos[:1])
            _run(engine, preset, photos[: 5 * workers])  # the other profiles' tables
            with Floor(workers, Path(name, "floor")) as floor:
                for _ in range(runs):
                    measured.floor_s.append(floor.run(photos))
                    measured.service_s.append(_run(engine, preset, photos))
            for times in (1, _MANY) if memory else ():
                with peak_of(os.getpid()) as seen:
                    _run(engine, preset, photos * times)
                measured.over_idle_bytes[times * len(photos)] = (seen.bytes or 0) - measured.idle_bytes
    return measured


def _wait_for_workers(engine: Engine, workers: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while engine.workers_ready() < workers:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{workers} workers were not warm within {_PATIENCE_S:.0f} s")
        time.sleep(0.05)


def _run(engine: Engine, preset: str, photos: list[Path]) -> float:
    """Seconds for one batch; every photo must succeed."""
    request = schemas.SubmitRequest(preset_id=preset, image_urls=[photo.resolve().as_uri() for photo in photos])
    begun = time.perf_counter()
    batch: schemas.Batch | None = None
    for message in engine.watch(engine.submit(request)):
        batch = message.batch or batch
    seconds = time.perf_counter() - begun
    if batch is None or batch.counts.succeeded != len(photos):
        raise RuntimeError(f"{preset}: not every photo succeeded: {batch.counts if batch else 'no batch'}")
    return seconds


def table(all_measured: list[Measured]) -> Table:
    """Each figure beside its target."""
    shown = Table(title="median (lowest to highest); target in brackets", title_justify="left")
    for heading in (
        "preset",
        "floor s",
        "service s",
        "photos/s",
        "× floor",
        "memory over idle, MB",
        "first photo pays, s",
    ):
        shown.add_column(heading, justify="left" if heading == "preset" else "right")
    for one in all_measured:
        ratios, service = one.ratios, statistics.median(one.service_s)
        memory = ", ".join(f"{count}: {most / 1e6:.0f}" for count, most in one.over_idle_bytes.items())
        shown.add_row(
            one.preset,
            f"{statistics.median(one.floor_s):.2f}",
            f"{service:.2f}",
            f"{one.photos / service:.1f}",
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) [≤ {one.target:.1f}]",
            f"{memory} [≤ {MOST_MEMORY / 1e6:.0f}]" if memory else "not measured",
            f"{one.cold_photo_s - one.warm_photo_s:.2f}",
        )
    return shown


def record(measured: Measured) -> dict[str, object]:
    """What is written down of one preset."""
    ratios = measured.ratios
    return {
        "benchmark": "throughput",
        **asdict(measured),
        "ratio": {"median": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios)},
        "targets": {"ratio": measured.target, "over_idle_bytes": MOST_MEMORY},
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description="Speed and memory.")
    parser.add_argument("--photos", type=int, default=50)
    parser.add_argument("--presets", default=",".join(PRESETS), help="names with commas between them")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="8 photos, one run, no memory; recorded as quick")
    parser.add_argument("--json", action="store_true", help="JSON lines instead of the table")
    wanted = parser.parse_args()
    console = Console(stderr=True)
    photos, small = _photos(8 if wanted.quick else wanted.photos)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < _SPARE:
        parser.error(f"{tempfile.gettempdir()} has {free / 1e9:.1f} GB free; {_SPARE / 1e9:.0f} GB are needed")
    done: list[Measured] = []
    for preset in wanted.presets.split(","):
        console.print(f"{preset}: {len(photos)} photos, {wanted.workers} workers …")
        runs = 1 if wanted.quick else wanted.runs
        # A process for each preset: Ray starts once in it, and nothing of the last one counts as memory.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
            job = alone.submit(measure, preset, photos, small, wanted.workers, runs, memory=not wanted.quick)
            one = job.result()
        done.append(one)
        written = {**record(one), "quick": wanted.quick}
        results.append("throughput", written)
        if wanted.json:
            print(json.dumps(written), flush=True)
    if not wanted.json:
        Console(width=140).print(table(done))
        print("engine started, s: " + ", ".join(f"{one.startup_s:.1f}" for one in done))
        print("all workers warm, s: " + ", ".join(f"{one.warm_s:.1f}" for one in done))
        print("memory of all processes, warm and idle, MB: " + ", ".join(f"{one.idle_bytes / 1e6:.0f}" for one in done))


def _photos(count: int) -> tuple[list[Path], list[Path]]:
    """`count` of 12 MP and a few of 1 MP (no table is baked for those), in the system's temporary folder."""
    folder = Path(tempfile.gettempdir(), "demo")
    return make(folder / "12mp", count, Recipe()), make(folder / "1mp", 4, Recipe(megapixels=1.0))


if __name__ == "__main__":
    main()
