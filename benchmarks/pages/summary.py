"""The summary of a run: `python -m benchmarks.pages.summary RUN.json PHOTOS_DIR`.

RUN.json is the output of `photobatch run --json`. Measures the codec floor of the same photos, with as many processes
as the run had workers.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.photos.floor import Floor


def summarise(run: dict[str, object], photos: list[Path], processes: int) -> Table:
    """The run's own figures and the multiple of the floor."""
    succeeded, total = int(str(run["succeeded"])), int(str(run["total"]))
    seconds = float(str(run["seconds"]))
    with (
        tempfile.TemporaryDirectory(prefix="photobatch-floor-") as name,
        Floor(processes, Path(name)) as floor,
    ):
        least = min(floor.run(photos) for _ in range(2))
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column()
    table.add_row("photos", f"{succeeded}", f"of {total}" if succeeded != total else "")
    table.add_row("seconds", f"{seconds:.1f}", "from submit to the last result in its place")
    table.add_row("photos/s", f"{succeeded / seconds:.1f}" if seconds else "-", "")
    table.add_row(
        "× codec floor",
        f"{seconds / least:.1f}",
        f"decode and encode alone: {least:.1f} s, {processes} processes",
    )
    if run.get("peak_memory_bytes") is not None:
        peak = float(str(run["peak_memory_bytes"]))
        table.add_row("peak memory, MB", f"{peak / 1e6:.0f}", "of all processes, Ray's too, shared pages once")
    return table


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages.summary", description="What a run cost.")
    parser.add_argument("run", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--processes", type=int, default=min(4, len(os.sched_getaffinity(0))))
    wanted = parser.parse_args()
    photos = sorted(wanted.photos.rglob("*.jpg"))
    Console().print(summarise(json.loads(wanted.run.read_text()), photos, wanted.processes))


if __name__ == "__main__":
    main()
