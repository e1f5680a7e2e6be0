"""Tables of the report: rows of figures, as Markdown or for a terminal."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table as TerminalTable

from benchmarks.record.figures import MARKS, Figure
from benchmarks.record.results import Case, Record, in_words

_CODE = re.compile(r"[^\s,:()]*[_{}][^\s,:()]*")  # filter_warm, /api/v1/batch/{task_id}
_VERDICTS = {True: "✓", False: "**✗ missed**", None: ""}


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement, in one or more columns, beside its target."""

    what: tuple[str, ...]
    measured: str
    target: str
    met: bool | None

    @classmethod
    def of(cls, what: tuple[str, ...], figure: Figure) -> "Row":
        """State one figure."""
        return cls(what, str(figure), str(figure.target or ""), figure.met)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, with a heading for each column of the measurement."""

    title: str
    note: str
    headings: tuple[str, ...]
    rows: Sequence[Row]

    def markdown(self) -> str:
        """Return it as Markdown, without the title."""
        columns = (*self.headings, "median (lowest to highest)", "target", "")
        lines = [columns, ("-",) * len(columns)]
        lines += [(*map(_plain, row.what), row.measured, row.target, _VERDICTS[row.met]) for row in self.rows]
        written = "\n".join("|" + "|".join(f" {cell} " if cell else " " for cell in line) + "|" for line in lines)
        return f"{_plain(self.note)}.\n\n{written}" if self.note else written

    def terminal(self) -> TerminalTable:
        """Lay it out for a terminal."""
        title = f"{self.title}: {self.note}" if self.note else self.title
        shown = TerminalTable(title=escape(title), title_justify="left", box=None, pad_edge=False)
        for heading in self.headings:
            shown.add_column(heading)
        shown.add_column("median (lowest to highest)", justify="right")
        shown.add_column("target", justify="right")
        shown.add_column("")
        for row in self.rows:
            shown.add_row(*map(escape, (*row.what, row.measured, row.target)), MARKS[row.met])
        return shown


def varying(cases: Sequence[Case]) -> list[str]:
    """Return the names whose values tell the cases apart."""
    names = dict.fromkeys(name for case in cases for name in case)
    return [name for name in names if len({case.get(name) for case in cases}) > 1]


def part(case: Case, names: Iterable[str]) -> Case:
    """Return the named part of a case, in the order of the names."""
    return {name: case[name] for name in names if name in case}


def table_of(benchmark: str, records: Sequence[Record]) -> Table:
    """Return all figures of a benchmark; the parts that all cases share are stated once, above."""
    apart = varying([record.case for record in records])
    shared = {name: value for name, value in records[0].case.items() if name not in apart}
    rows = []
    for record in records:
        case = in_words(part(record.case, apart))
        for at, figure in enumerate(record.figures):
            what = (figure.name,) if not apart else ("" if at else case, figure.name)
            rows.append(Row.of(what, figure))
    headings = ("case", "figure") if apart else ("figure",)
    return Table(benchmark.replace("_", " ").capitalize(), in_words(shared), headings, rows)


def provenance(records: Sequence[Record]) -> str:
    """Return one line with machine, dates and commits of the records."""
    stamps = sorted((record.stamp for record in records), key=lambda stamp: str(stamp["date"]))
    machines: dict[str, list[str]] = {}
    for record in records:
        machine = f"{record.stamp['cpu']} with {in_words({'cores': record.stamp['cores']})}"
        machines.setdefault(machine, []).append(record.benchmark)
    if len(machines) == 1:
        where = next(iter(machines))
    else:  # say which machine belongs to which table
        where = "; ".join(f"{machine} ({', '.join(sorted(set(who)))})" for machine, who in machines.items())
    dates = _range([str(stamp["date"])[:10] for stamp in stamps])
    commits = _range([str(stamp["commit"] or "unknown") for stamp in stamps])
    return f"Measured on {where}; {dates}; commit {commits}."


def _range(ordered: Sequence[str]) -> str:
    first, last = ordered[0], ordered[-1]
    return first if first == last else f"{first} to {last}"


def _plain(text: str) -> str:
    """Escape a text for Markdown."""
    return _CODE.sub(r"`\g<0>`", text.replace("|", "\\|").replace("<", "&lt;"))
