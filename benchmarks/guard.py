"""Fails if something has become much slower: `python -m benchmarks.guard`. CI runs it after the tests.

Runs one preset that uses every stage, and compares its multiple of the codec floor with 1.5 times the last record. This
works on any machine and notices a change that doubles the time.
"""

import multiprocessing
import statistics
import sys
from concurrent.futures import ProcessPoolExecutor

from benchmarks.record import results
from benchmarks.throughput import RATIO, Case, measure

PRESET = "beauty_heavy"
SLACK = 1.5
_PHOTOS, _RUNS = 16, 5


def recorded() -> float:
    """Return the newest recorded multiple of the floor; raises LookupError when there is none."""
    for record in reversed(results.read("throughput")):
        plain = record.case.get("source") == "files" and record.case.get("where") == "embedded"
        if record.case.get("preset") == PRESET and plain and not record.quick and (figure := record.figure(RATIO)):
            return figure.median
    raise LookupError(f"benchmarks/results/throughput.jsonl has no record of {PRESET}")


def main() -> int:
    """The command line; exit status 1 if it has become slower."""
    most = SLACK * recorded()
    case = Case(PRESET, _PHOTOS)
    photos = case.make_photos()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        measured = alone.submit(measure, case, photos, _RUNS, None, None).result()
    ratio = statistics.median(measured.ratios)
    said = f"{PRESET} takes {ratio:.2f} × the codec floor; at most {most:.2f} is let through ({SLACK} × the record)."
    if ratio > most:
        spread = ", ".join(f"{one:.2f}" for one in measured.ratios)
        print(f"TOO SLOW: {said} Runs: {spread}.", file=sys.stderr)
        return 1
    print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
