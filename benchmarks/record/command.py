"""Shared parts of the benchmarks' command lines."""

import argparse
import json
from collections.abc import Sequence

from rich.console import Console

from benchmarks.record import results
from benchmarks.record.figures import Figure, table
from benchmarks.record.results import Case


def parser(name: str, description: str, *, runs: int = 5, quick: str) -> argparse.ArgumentParser:
    """Return a parser with the common options; `quick` is the help of --quick."""
    made = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    made.add_argument("--runs", type=int, default=runs, help="of which the median is stated")
    made.add_argument("--quick", action="store_true", help=f"{quick}; recorded as quick")
    made.add_argument("--json", action="store_true", help="JSON lines instead of tables")
    return made


class Speaker:
    """Records and prints measurements."""

    def __init__(self, benchmark: str, wanted: argparse.Namespace) -> None:
        self._benchmark = benchmark
        self._quick: bool = wanted.quick
        self._json: bool = wanted.json

    def report(self, case: Case, figures: Sequence[Figure]) -> None:
        """Append one case to the results and print it."""
        record = results.record(self._benchmark, case, list(figures), quick=self._quick)
        if self._json:
            print(json.dumps(record.to_json()), flush=True)
        else:
            Console(width=120).print(table(record.title, figures))
