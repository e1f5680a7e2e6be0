"""Soak: `python -m benchmarks.soak [--photos 2000] [--seed 1]`: does memory grow with what was done?

A real `photobatch serve` with 2 workers works through many batches of small photos, some of which fail; each batch is
watched by WebSocket, its results are downloaded, and it is deleted when it has ended. Deleted, because a batch that is
kept costs the coordinator about 1 KB a photo by design, and that is no leak; what stays after a deletion is one.

Nothing is killed: the same coordinator, replica and workers from the first photo to the last. The first photos of each
preset warm them up and are not counted. The record is appended to results/soak.jsonl.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.faults.client import PatientClient
from benchmarks.faults.flow import Flow
from benchmarks.faults.host import PhotoHost
from benchmarks.faults.load import Load, Order
from benchmarks.faults.photos import SmallPhotos
from benchmarks.faults.reader import Reader
from benchmarks.faults.resident import Resident, Residents
from benchmarks.faults.round import Round
from benchmarks.record import results
from benchmarks.servers.server import serving

MOST_GROWTH = 0.05  # growth of the median from the first to the last quarter
ROUND = 200  # photos, in 8 batches
_WARM = 400
_SWEPT_S = 15.0
_PATIENCE_S = 60.0


@dataclass
class SoakReport:
    """The report of a run, with the memory of processes."""

    photos: int = 0
    batches: int = 0
    seconds: float = 0.0
    memory: list[Resident] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


def run(photos: int, seed: int, folder: Path) -> SoakReport:
    """Do one run in an empty folder; all its processes have ended when it returns."""
    settings = {"BATCH_FILE_ROOTS": str(folder / "photos"), "BATCH_ALLOWED_HOSTS": "127.0.0.1", "BATCH_REUSE": "0"}
    report = SoakReport()
    with ExitStack() as stack:
        small = SmallPhotos(seed)
        host = stack.enter_context(PhotoHost(small))
        server = stack.enter_context(serving(folder, **settings))
        client = PatientClient(server.url, _PATIENCE_S)
        stack.callback(client.close)
        load = Load(seed, folder / "photos", host, small)
        for _ in range(0, _WARM, ROUND):
            report.violations += _round(load.round(ROUND), load, client, server.url)
        with Residents(server) as watched:
            begun = time.monotonic()
            while report.photos < photos:
                orders = load.round(ROUND)
                report.violations += _round(orders, load, client, server.url)
                report.photos += sum(len(order.items) for order in orders)
                report.batches += len(orders)
            report.seconds = time.monotonic() - begun
        report.memory = watched.all
        report.violations += [*_grown(watched.all), *_left(folder / "data" / "blobs"), *client.strange()]
    return report


def _round(orders: list[Order], load: Load, client: PatientClient, url: str) -> list[str]:
    """Run the orders and delete their batches; return the failures."""
    reader = Reader(client)
    this = Round(0, load=load, client=client, url=url, flow=Flow(), reader=reader)
    this.run(orders, None, 0.0, _PATIENCE_S)
    reader.close()
    wrong = [*this.violations, *reader.violations]
    for task_id, order in this.taken.items():
        photos = this.watchers[task_id].testimony.photos
        for index, item in enumerate(order.items):
            error = photos[index]["error"]
            if (error and error["code"]) != item.error:
                wrong.append(f"batch {task_id}: photo {index} ended with {error}, it should have with {item.error}")
        client.ask("DELETE", f"/api/v1/batch/{task_id}")
        load.forget(order)
    return wrong


def _grown(residents: list[Resident]) -> list[str]:
    wrong = [f"the {each.name} {each.process.pid} ended during the run" for each in residents if each.died]
    if sorted(each.name for each in residents) != ["coordinator", "ingress", "worker", "worker"]:
        wrong.append(f"not the processes that were expected: {[each.name for each in residents]}")
    return wrong + [
        f"the {each.name} {each.process.pid} grew by {each.growth:.1%}, at most {MOST_GROWTH:.0%} is allowed"
        for each in residents
        if not each.died and each.growth >= MOST_GROWTH
    ]


def _left(blobs: Path) -> list[str]:
    """Return blobs that remain although every batch was deleted."""
    deadline = time.monotonic() + _SWEPT_S
    while True:
        roots = (blobs / "batches", blobs / "uploads")  # os.walk tolerates folders that disappear meanwhile
        left = [f"{folder}/{name}" for root in roots for folder, _, names in os.walk(root) for name in names]
        if not left or time.monotonic() > deadline:
            return [f"{len(left)} blobs of deleted batches are still there, {left[0]} for one"] if left else []
        time.sleep(0.5)


def record(report: SoakReport, seed: int) -> dict[str, object]:
    """Return the record of the run."""
    memory = [{"process": each.name, "growth": round(each.growth, 4), "rss": each.samples} for each in report.memory]
    return {
        "benchmark": "soak",
        "seed": seed,
        "photos": report.photos,
        "batches": report.batches,
        "seconds": round(report.seconds, 1),
        "memory": memory,
        "violations": report.violations,
        "targets": {"growth": MOST_GROWTH},
    }


def table(report: SoakReport) -> Table:
    """Show each process's memory at the start and at the end."""
    shown = Table(
        title=f"{report.photos} photos in {report.batches} batches, {report.seconds:.0f} s", title_justify="left"
    )
    for name in ("process", "first quarter MB", "last quarter MB", "growth"):
        shown.add_column(name, justify="left" if name == "process" else "right")
    for each in report.memory:
        quarter = len(each.samples) // 4
        first, last = (statistics.median(part) / 1e6 for part in (each.samples[:quarter], each.samples[-quarter:]))
        shown.add_row(each.name, f"{first:.1f}", f"{last:.1f}", f"{each.growth:+.1%}")
    return shown


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description="Does memory grow?")
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="photobatch-soak-") as folder:
        report = run(wanted.photos, wanted.seed, Path(folder))
    written = record(report, wanted.seed)
    results.append("soak", written)
    if wanted.json:
        print(json.dumps(written))
    else:
        console = Console()
        console.print(table(report))
        for violation in report.violations:
            console.print(f"[red]✗[/red] {violation}", highlight=False, soft_wrap=True)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
