"""Chaos: `python -m benchmarks.chaos [--minutes 2] [--seed 1] [--journal sqlite] [--quick] [--keep DIR]`.

A real `photobatch serve` with 2 workers gets batches of small photos, some bad, some from a host that misbehaves.
Meanwhile its processes get SIGKILL or SIGSTOP at random: workers, the coordinator, the ingress, Ray's raylet and GCS,
the whole service, Redis. Afterwards every promise of the contract is checked; exit status 1 if one is broken. The seed
determines photos, batches and the order of kills; the timing depends on the machine, so no two runs are the same.

`benchmarks/faults/killer.py` defines recovery. The record is appended to results/chaos.jsonl.
"""

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.faults.run import run
from benchmarks.faults.settings import JOURNALS, PHOTOS, QUICK_PHOTOS, ChaosReport, ChaosSettings
from benchmarks.record import results
from benchmarks.record.percentile import percentile

# Until photos flow again, p95, of what was hit while all else was well.
TARGETS_S = {
    "worker": 3.0,
    "coordinator": 5.0,
    "frozen coordinator": 15.0,
    "ingress": 20.0,
    "frozen ingress": 20.0,
    "raylet": 20.0,
    "frozen raylet": 20.0,
    "service": 12.0,
}


def record(report: ChaosReport) -> dict[str, object]:
    """Return the record of a run."""
    return {
        "benchmark": "chaos",
        **asdict(report),
        "targets": {"recovery_p95_s": TARGETS_S, "losses": 0, "duplicates": 0},
    }


def table(report: ChaosReport) -> Table:
    """Show the kills and the recovery times."""
    shown = Table(
        title=f"{report.photos} photos in {report.batches} batches, {report.seconds:.0f} s", title_justify="left"
    )
    for name in ("killed", "times", "seen to recover", "p50 s", "p95 s", "target s"):
        shown.add_column(name, justify="left" if name == "killed" else "right")
    for kind, times in report.kills.items():
        took = report.recovery_s.get(kind, [])
        figures = [f"{statistics.median(took):.1f}", f"{percentile(took, 0.95):.1f}"] if took else ["-", "-"]
        target = f"{TARGETS_S[kind]:.0f}" if kind in TARGETS_S else ""
        shown.add_row(kind, str(times), str(len(took)), *figures, target)
    if both := report.recovery_from_both_s:
        figures = [f"{statistics.median(both):.1f}", f"{percentile(both, 0.95):.1f}"]
        shown.add_row("two at once", "", str(len(both)), *figures, "")
    return shown


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description="Kill it, and see what is lost.")
    parser.add_argument("--minutes", type=float, default=2.0, help="of kills; rounds of 8 batches until they are over")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--journal", choices=JOURNALS, default="sqlite")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PHOTOS} photos a round instead of {PHOTOS}")
    parser.add_argument("--kills-only", action="store_true", help="SIGKILL, and no SIGSTOP")
    parser.add_argument("--settle", type=float, default=110.0, help="seconds until what dead workers left must be gone")
    parser.add_argument("--keep", type=Path, help="an empty folder for data and logs that stays")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    photos = QUICK_PHOTOS if wanted.quick else PHOTOS
    settings = ChaosSettings(
        wanted.seed, wanted.minutes, wanted.journal, photos, wanted.settle, freeze=not wanted.kills_only
    )
    with tempfile.TemporaryDirectory(prefix="photobatch-chaos-") as temporary:
        folder = wanted.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        report = run(settings, folder)
    written = record(report)
    results.append("chaos", written)
    if wanted.json:
        print(json.dumps(written))
    else:
        console = Console()
        console.print(table(report))
        console.print(
            f"{report.losses} losses, {report.duplicates} duplicates, {report.strays} stray blobs; "
            f"{report.extra_attempts} attempts beyond the first, {report.crashed} photos given up as worker_crashed; "
            f"{report.reconnects} reconnects, {report.pauses} pauses, {report.repeats} repeated submits"
        )
        for violation in report.violations:
            console.print(f"[red]✗[/red] {violation}", highlight=False, soft_wrap=True)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
