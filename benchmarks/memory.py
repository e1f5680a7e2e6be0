"""Memory use: `python -m benchmarks.memory [--quick]`.

The proportional set size of all processes, including Ray's, so that shared pages count once. Idle is after start-up,
with warm workers. Before the peak a few photos are processed, so that every profile's colour table is baked, but idle
is measured before that. The peak is sampled ten times a second, in runs that are not timed.
"""

import gc
import multiprocessing
import os
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psutil

from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.servers.process_memory import peak_of, pss, tree_pss
from benchmarks.servers.server import serving
from benchmarks.throughput import Case, embedded

MOST_PEAK = Target(300.0)
MOST_IDLE = Target(560.0)
PRESETS = ("filter_warm", "color_vintage", "beauty_heavy")
_SETTLE_S = 3.0


def peaks(preset: str, counts: tuple[int, ...], workers: int, runs: int) -> tuple[float, dict[int, list[float]]]:
    """Return MB at idle, and the peak above that in MB by number of photos, for each run."""
    photos = Case(preset, photos=50).make_photos()
    small = Case(preset, photos=4, megapixels=1.0).make_photos()  # no table is baked for those
    with (
        tempfile.TemporaryDirectory(prefix="photobatch-memory-") as folder,
        embedded(Path(folder), workers, photos) as client,
    ):
        client.run(preset, small)
        gc.collect()
        time.sleep(_SETTLE_S)
        idle = tree_pss(os.getpid())
        client.run(preset, photos[: 5 * workers])
        over: dict[int, list[float]] = {count: [] for count in counts}
        for count in counts * runs:
            with peak_of(os.getpid()) as seen:
                client.run(preset, (photos * (count // len(photos) + 1))[:count])
            over[count].append(((seen.bytes or 0) - idle) / 1e6)
        return idle / 1e6, over


def idle_service(workers: int) -> dict[str, float]:
    """Return MB by kind of process of an idle `photobatch serve`."""
    with (
        tempfile.TemporaryDirectory(prefix="photobatch-memory-") as folder,
        serving(Path(folder), BATCH_MAX_WORKERS=str(workers)) as server,
    ):
        deadline = time.monotonic() + 60
        while server.http.get("/api/v1/batch/stats").json()["workers"]["ready"] < workers:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{workers} workers were not ready within a minute")
            time.sleep(0.1)
        time.sleep(_SETTLE_S)
        by_kind: dict[str, float] = defaultdict(float)
        for process in server.family():
            by_kind[_kind(process)] += pss(process) / 1e6
        return dict(sorted(by_kind.items(), key=lambda item: -item[1]))


def _kind(process: psutil.Process) -> str:
    """Return the purpose of a process; titles of Ray's actors have their class."""
    try:
        words = process.cmdline()
        name = process.name()
    except psutil.Error:
        return "ended"
    title = words[0] if words else name
    if name == "raylet":  # its command line names its agents
        return name
    if title.startswith("ray::"):
        return title.removeprefix("ray::").partition(".")[0].partition(":")[0]
    for word in words:
        for part, kind in _PARTS.items():
            if part in word:
                return kind
    return name


_PARTS = {
    "deployments.local.supervisor": "supervisor",
    "deployments.local.process": "service (HTTP, driver)",
}


def main() -> None:
    """The command line."""
    parser = command.parser("memory", "What memory it takes.", runs=3, quick="50 photos, one run")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--presets", default=",".join(PRESETS), help="'': the idle service alone")
    wanted = parser.parse_args()
    speaker = command.Speaker("memory", wanted)
    counts, runs = ((50,), 1) if wanted.quick else ((50, 1000), wanted.runs)
    for preset in filter(None, wanted.presets.split(",")):
        # A process for each preset, so that earlier ones do not count.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
            idle, over = alone.submit(peaks, preset, counts, wanted.workers, runs).result()
        for count, values in over.items():
            case = {"what": "peak over idle", "preset": preset, "photos": count, "workers": wanted.workers}
            speaker.report(case, [Figure("peak over idle", "MB", values, MOST_PEAK), Figure("idle", "MB", [idle])])
    idle_runs = [idle_service(wanted.workers) for _ in range(runs)]
    said = [Figure("all processes", "MB", [sum(run.values()) for run in idle_runs], MOST_IDLE)]
    said += [Figure(kind, "MB", [run.get(kind, 0.0) for run in idle_runs]) for kind in idle_runs[0]]
    speaker.report({"what": "idle service", "workers": wanted.workers}, said)


if __name__ == "__main__":
    main()
