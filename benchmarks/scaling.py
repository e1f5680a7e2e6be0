"""The gain of more workers: `python -m benchmarks.scaling [--runs 5] [--quick]`.

Real workers: the same 50 photos with 1 and with 2, in turns, beside the gain of the floor from a second process (cores
share memory, and most share more). Simulated workers: 64 on four Ray nodes of this machine; each sleeps 200 ms for
a photo and is a real worker otherwise. Ideal is the time without anything between two photos.
"""

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.servers.nodes import several_nodes  # first: it prepares the environment
from benchmarks.servers.simulated import start
from benchmarks.throughput import Case, Measured, measure

# ruff: noqa: I001
from actors.client import CoordinatorClient
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, PhotoSpec
from deployments.settings import Settings

TWICE = Target(1.85, least=True)
IDEAL = Target(95.0, least=True)
PHOTO_S = 0.2
_POLL_S = 0.02
_OUTPUT = {"format": "same", "quality": 92}


def real(case: Case) -> Measured:
    """Measure a case once, in a process of its own."""
    photos = case.make_photos()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        return alone.submit(measure, case, photos, 1, None, None).result()


def simulated(workers: int, nodes: int, rounds: int, runs: int) -> list[float]:
    """Return seconds for `rounds` photos per worker, for each run."""
    with (
        tempfile.TemporaryDirectory(prefix="photobatch-scaling-") as folder,
        several_nodes(nodes, cpus=workers // nodes),
    ):
        photo = Path(folder, "photo.jpg")
        photo.write_bytes(bytes(1000))  # its content does not matter
        settings = Settings(
            data_dir=Path(folder, "data"), file_roots=(folder,), max_workers=workers, reuse=False, max_photos=100_000
        )
        coordinator = start(settings, PHOTO_S)
        _run(coordinator, photo.as_uri(), 2 * workers)
        return [_run(coordinator, photo.as_uri(), rounds * workers) for _ in range(runs)]


def _run(coordinator: CoordinatorClient, source: str, count: int) -> float:
    return asyncio.run(_follow(coordinator, source, count))


async def _follow(coordinator: CoordinatorClient, source: str, count: int) -> float:
    """Return the seconds that a batch takes."""
    spec = BatchSpec(new_id("b"), "ann", {"id": "none", "type": "filter", "version": 1, "params": {}}, _OUTPUT)
    begun = time.perf_counter()
    await coordinator.submit(spec, [PhotoSpec(source, "photo.jpg")] * count)
    version, ended = 0, False
    while not ended:
        update = await coordinator.watch(spec.task_id, version, 10.0)
        if update is not None:
            version, ended = update["batch"]["version"], update["ended"]
            await asyncio.sleep(_POLL_S)
    return time.perf_counter() - begun


def main() -> None:
    """The command line."""
    parser = command.parser("scaling", "What more workers bring.", quick="16 simulated workers on 2 nodes, one run")
    parser.add_argument("--preset", default="filter_warm")
    parser.add_argument("--simulated", type=int, help="workers (default 64)")
    parser.add_argument("--nodes", type=int, help="of Ray, on this machine (default 4)")
    parser.add_argument("--rounds", type=int, default=50, help="photos for each simulated worker")
    wanted = parser.parse_args()
    speaker = command.Speaker("scaling", wanted)
    _say_real(wanted, speaker)
    _say_simulated(wanted, speaker)


def _say_real(wanted: argparse.Namespace, speaker: command.Speaker) -> None:
    runs, photos = (1, 16) if wanted.quick else (wanted.runs, 50)
    one, two = [], []
    for _ in range(runs):
        one.append(real(Case(wanted.preset, photos, workers=1)))
        two.append(real(Case(wanted.preset, photos, workers=2)))
    gained = [a.service_s[0] / b.service_s[0] for a, b in zip(one, two, strict=True)]
    floor = [a.floor_s[0] / b.floor_s[0] for a, b in zip(one, two, strict=True)]
    said = [Figure("2 workers against 1", "×", gained, TWICE), Figure("the floor's 2 processes against 1", "×", floor)]
    speaker.report({"what": "real workers", "preset": wanted.preset, "photos": photos}, said)


def _say_simulated(wanted: argparse.Namespace, speaker: command.Speaker) -> None:
    workers = wanted.simulated or (16 if wanted.quick else 64)
    nodes = wanted.nodes or (2 if wanted.quick else 4)
    took = simulated(workers, nodes, wanted.rounds, 1 if wanted.quick else wanted.runs)
    ideal = wanted.rounds * PHOTO_S
    said = [
        Figure("of the ideal", "%", [100 * ideal / seconds for seconds in took], IDEAL),
        Figure("photos a second", "photos/s", [wanted.rounds * workers / seconds for seconds in took]),
    ]
    speaker.report({"what": "simulated workers", "workers": workers, "nodes": nodes}, said)


if __name__ == "__main__":
    main()
