"""Writes the newest figures into the documents: `python -m benchmarks.record.report [--show]`.

Takes the newest record of each case in benchmarks/results/, without those of --quick, writes headlines and all figures
into docs/benchmarks.md and the leading plot into README.md, between their markers, and draws docs/plots. Measures
nothing.
"""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.record import results
from benchmarks.record.headlines import headlines
from benchmarks.record.plots import Plot, plots
from benchmarks.record.results import Record
from benchmarks.record.tables import Table, provenance, table_of

ROOT = Path(__file__).parents[2]
NOTHING_YET = (
    "There are no figures to report yet: run `python -m benchmarks` first (what is recorded as quick does not count)."
)
_MARKED = re.compile(r"(<!-- figures:[^>]*-->\n)(.*?)(<!-- end of figures -->)", re.DOTALL)
_ORDER = (
    "throughput",
    "peers",
    "memory",
    "coordinator",
    "latency",
    "progress",
    "scaling",
    "startup",
    "erase",
    "preview",
    "shoot",
    "scrolling",
    "app_scrolling",
)
_NEEDED = {"peers": "look"}  # required part of a case: earlier records without it measured different work


class NoPlaceError(ValueError):
    """A document does not say where its figures belong."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document with a place for figures."""

    path: Path

    def with_figures(self, figures: str) -> str:
        """Return its text with other figures between the markers."""
        text = self.path.read_text(encoding="utf-8")
        places = _MARKED.findall(text)
        if len(places) != 1:
            raise NoPlaceError(
                f"{self.path} has {len(places)} places for figures instead of one: put the lines "
                "`<!-- figures: -->` and `<!-- end of figures -->` once where the figures belong."
            )
        return _MARKED.sub(lambda found: f"{found[1]}\n{figures}\n\n{found[3]}", text)

    def picture(self, folder: Path, plot: Plot) -> str:
        """Return the line that shows a plot of the folder."""
        link = Path(os.path.relpath(folder / f"{plot.name}.svg", self.path.parent)).as_posix()
        return f"![{re.sub(r'[][]', '', plot.alt)}]({link})"


def newest(folder: Path = results.FOLDER) -> list[Record]:
    """Return the newest record of each case, by benchmark, cases in the order of their first record."""
    names = sorted(path.stem for path in folder.glob("*.jsonl"))
    found: dict[object, Record] = {}
    for name in sorted(names, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
        for record in results.read(name, folder):
            # Updated libraries do not make a different case.
            key = (record.benchmark, frozenset(item for item in record.case.items() if item[0] != "with"))
            kept = found.get(key)
            # Lines of two branches may have been merged in any order: the date decides.
            if _reported(record) and (kept is None or record.stamp["date"] >= kept.stamp["date"]):
                found[key] = record
    return list(found.values())


def _reported(record: Record) -> bool:
    needed = _NEEDED.get(record.benchmark)
    return not record.quick and (needed is None or needed in record.case)


def tables(records: Sequence[Record]) -> list[Table]:
    """Return a table for each benchmark."""
    names = dict.fromkeys(record.benchmark for record in records)
    return [table_of(name, [record for record in records if record.benchmark == name]) for name in names]


def write(folder: Path = results.FOLDER, root: Path = ROOT) -> list[Path]:
    """Write documents and plots below `root` and return the benchmarks that have figures."""
    records = newest(folder)
    if not records:
        return []
    readme, page, pictures = Document(root / "README.md"), Document(root / "docs/benchmarks.md"), root / "docs/plots"
    drawn = plots(records)
    short, made = headlines(records), provenance(records)
    texts: dict[Path, str] = {}  # all texts before any is written: a missing marker must not leave half a report
    if leading := [readme.picture(pictures, plot) for plot in drawn if plot.lead]:
        texts[readme.path] = readme.with_figures("\n\n".join([*leading, made]))
    first, *sections = [f"### {table.title}\n\n{table.markdown()}" for table in [short, *tables(records)]]
    shown = [page.picture(pictures, plot) for plot in drawn]
    texts[page.path] = page.with_figures("\n\n".join([*([first] if short.rows else []), *shown, *sections, made]))
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    pictures.mkdir(parents=True, exist_ok=True)
    for plot in drawn:
        (pictures / f"{plot.name}.svg").write_bytes(plot.svg)
    return [*texts, *(pictures / f"{plot.name}.svg" for plot in drawn)]


def display(folder: Path, console: Console) -> None:
    """Print what `write` would write."""
    records = newest(folder)
    if not records:
        console.print(NOTHING_YET, markup=False)
        return
    for table in [headlines(records), *tables(records)]:
        if table.rows:
            console.print(table.terminal(), "")
    console.print(provenance(records), markup=False)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.record.report", description="Report the newest figures."
    )
    parser.add_argument("--show", action="store_true", help="print the tables, write nothing")
    parser.add_argument("--results", type=Path, default=results.FOLDER, help="folder with the records")
    parser.add_argument("--root", type=Path, default=ROOT, help="where README.md and docs/ are")
    wanted = parser.parse_args(words)
    if wanted.show:
        display(wanted.results, Console())
        return 0
    try:
        written = write(wanted.results, wanted.root)
    except NoPlaceError as error:
        print(error, file=sys.stderr)
        return 1
    for path in written:
        print(path)
    if not written:
        print(NOTHING_YET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
