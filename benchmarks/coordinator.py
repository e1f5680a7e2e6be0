"""The coordinator alone: `python -m benchmarks.coordinator [--photos 100000] [--workers 4] [--journal sqlite|redis]`.

Workers that do nothing lease and report like real ones, over Ray: every lease and every report is durable before it is
answered. Measured are photos per second, the time to accept a batch of all photos, the time of a status read meanwhile,
and the growth of the coordinator's memory.

With `--ended 1000000` so many photos are done in batches of a thousand, which leave memory as they end. Measured are
what they take afterwards, and how long a coordinator that was killed needs until the next one answers.
"""

import argparse
import asyncio
import signal
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.record.percentile import percentile
from benchmarks.servers.idle import JOURNALS, IdleService, idle_service, named_photos, new_spec

_READ_EVERY_S = 0.01
_BATCH = 1000  # photos of a batch with --ended
_AT_ONCE = 4
_SETTLED_S = 5.0


@dataclass
class Measured:
    """One run."""

    photos: int
    accepted_s: float
    seconds: float
    photos_per_s: float
    bytes_a_photo: float
    reads_ms: list[float] = field(default_factory=list)


@dataclass
class Ended:
    """One run with --ended."""

    photos_per_s: float
    bytes_a_photo: float
    journal_bytes_a_photo: float
    page_ms: float
    empty_restart_s: float
    restart_s: float


class _Reader(threading.Thread):
    """Reads a batch's status continuously, and records the times."""

    def __init__(self, service: IdleService, task_id: str) -> None:
        super().__init__(name="reader", daemon=True)
        self._coordinator, self._task_id = service.connect(), task_id
        self.took_ms: list[float] = []
        self.batch: dict[str, Any] = {}

    def run(self) -> None:
        asyncio.run(self._read())

    async def _read(self) -> None:
        while self.batch.get("status") != "completed":
            begun = time.perf_counter()
            self.batch = await self._coordinator.get(self._task_id)
            self.took_ms.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(_READ_EVERY_S)


def measure(journal: str, photos: int, workers: int, folder: Path) -> Measured:
    """One run in an empty folder."""
    with idle_service(journal, photos, workers, folder) as service:
        _run(service, 2000)
        process = service.process()
        before = process.memory_full_info().uss
        accepted_s, seconds, reads = _run(service, photos)
        grown = process.memory_full_info().uss - before
    return Measured(photos, accepted_s, seconds, photos / seconds, grown / photos, reads)


def _run(service: IdleService, count: int) -> tuple[float, float, list[float]]:
    """Seconds until a batch is accepted, and from then until it has ended; the status reads meanwhile, in ms."""
    photos, spec = named_photos(count), new_spec()
    begun = time.perf_counter()
    asyncio.run(service.connect().submit(spec, photos))
    accepted = time.perf_counter()
    reader = _Reader(service, spec.task_id)
    reader.start()
    reader.join()
    return accepted - begun, time.perf_counter() - accepted, reader.took_ms


def measure_ended(journal: str, photos: int, workers: int, folder: Path) -> Ended:
    """One run in an empty folder: batches end and leave memory, and the coordinator is killed."""
    with idle_service(journal, _AT_ONCE * _BATCH, workers, folder, recent_s=0.0) as service:
        asyncio.run(_do(service, 10))
        empty_restart_s = _restart(service)
        asyncio.run(_do(service, 10))  # what a process needs for anything, it has afterwards
        time.sleep(_SETTLED_S)
        before, kept_before = service.process().memory_full_info().uss, service.journal_bytes()
        begun = time.perf_counter()
        tasks = asyncio.run(_do(service, photos // _BATCH))
        seconds = time.perf_counter() - begun
        time.sleep(_SETTLED_S)
        grown = service.process().memory_full_info().uss - before
        kept = service.journal_bytes() - kept_before
        begun = time.perf_counter()
        asyncio.run(service.connect().photos(tasks[0], None, 100, None))
        page_s = time.perf_counter() - begun
        restart_s = _restart(service)
        told = asyncio.run(service.connect().get(tasks[-1]))
    if told["counts"]["succeeded"] != _BATCH:
        raise RuntimeError(f"the restart has lost photos: {told}")
    return Ended(photos / seconds, grown / photos, kept / photos, page_s * 1000, empty_restart_s, restart_s)


async def _do(service: IdleService, batches: int) -> list[str]:
    """Have batches done, a few at a time; returns their ids."""
    coordinator, waiting = service.connect(), [new_spec() for _ in range(batches)]
    done: list[str] = []

    async def work() -> None:
        while waiting:
            spec = waiting.pop()
            await coordinator.submit(spec, named_photos(_BATCH))
            while (await coordinator.get(spec.task_id))["status"] != "completed":  # noqa: ASYNC110 - asked, not told
                await asyncio.sleep(_READ_EVERY_S)
            done.append(spec.task_id)

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    return done


def _restart(service: IdleService) -> float:
    """Kill the coordinator; return the seconds until the next one answers."""
    begun = time.perf_counter()
    service.process().send_signal(signal.SIGKILL)
    service.process()
    return time.perf_counter() - begun


def figures(runs: list[Measured]) -> list[Figure]:
    """Return the figures of the runs."""
    return [
        Figure("photos a second", "photos/s", [run.photos_per_s for run in runs], Target(5000, least=True)),
        Figure("accepted", "s", [run.accepted_s for run in runs], Target(2.0)),
        Figure("status read p50", "ms", [percentile(run.reads_ms, 0.5) for run in runs]),
        Figure("status read p99", "ms", [percentile(run.reads_ms, 0.99) for run in runs], Target(20.0)),
        Figure("memory a photo", "bytes", [run.bytes_a_photo for run in runs], Target(1024)),
    ]


def ended_figures(runs: list[Ended]) -> list[Figure]:
    """Return the figures of the runs with --ended."""
    return [
        Figure("memory a kept photo", "bytes", [run.bytes_a_photo for run in runs], Target(20)),
        Figure("journal a kept photo", "bytes", [run.journal_bytes_a_photo for run in runs]),
        Figure("restart", "s", [run.restart_s for run in runs], Target(10)),
        Figure("restart without photos", "s", [run.empty_restart_s for run in runs]),
        Figure("first page of photos", "ms", [run.page_ms for run in runs]),
        Figure("photos a second, in batches", "photos/s", [run.photos_per_s for run in runs]),
    ]


def main() -> None:
    """The command line."""
    parser = command.parser("coordinator", "The coordinator alone.", runs=5, quick="20,000 photos, one run")
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--journal", choices=JOURNALS, default=JOURNALS[0])
    parser.add_argument("--ended", type=int, help="measure what so many photos of ended batches take")
    wanted = parser.parse_args()
    photos, count = (20_000, 1) if wanted.quick else (wanted.ended or wanted.photos, wanted.runs)
    runs = [_measured(wanted, photos) for _ in range(count)]
    case: dict[str, str | int | float] = {"photos": photos, "workers": wanted.workers}
    if wanted.journal != JOURNALS[0]:
        case["journal"] = "Redis"
    if wanted.ended:
        case["what"] = "ended"
    said = [
        *figures([run for run in runs if isinstance(run, Measured)]),
        *ended_figures([run for run in runs if isinstance(run, Ended)]),
    ]
    command.Speaker("coordinator", wanted).report(case, [figure for figure in said if figure.values])


def _measured(wanted: argparse.Namespace, photos: int) -> Measured | Ended:
    measured = measure_ended if wanted.ended else measure
    with tempfile.TemporaryDirectory(prefix="photobatch-coordinator-") as folder:
        return measured(wanted.journal, photos, wanted.workers, Path(folder))


if __name__ == "__main__":
    main()
