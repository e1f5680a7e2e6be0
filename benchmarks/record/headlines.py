"""The headlines: the few figures that say how the project stands, at the top of docs/benchmarks.md."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.record.figures import Figure, show
from benchmarks.record.results import Case, Record, in_words
from benchmarks.record.tables import Row, Table, part, varying


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure to state, for every case that matches `case` and not `but`.

    With `worst`, only for the worst case, or the worst for each value of the part of the case that `each` names. `{}`
    in `what` is the part of the case named in `said`, `{name}` a single item of it; other distinguishing parts follow.
    """

    what: str
    benchmark: str
    figure: str
    case: Case = field(default_factory=dict)
    said: tuple[str, ...] = ()
    worst: bool = False
    beside: str = ""  # another figure of the same case, whose median is added
    each: str = ""
    but: Case = field(default_factory=dict)

    def rows(self, records: Sequence[Record]) -> Iterator[Row]:
        """Return the rows for measured cases; none for others."""
        found = [(record, figure) for record in records if (figure := self._figure_of(record))]
        if self.worst:
            groups = dict.fromkeys(record.case.get(self.each) for record, _ in found)
            grouped = [[pair for pair in found if pair[0].case.get(self.each) == group] for group in groups]
            found = [max(group, key=lambda pair: _badness(pair[1])) for group in grouped]
        apart = [name for name in varying([record.case for record, _ in found]) if name not in self.said]
        for record, figure in found:
            what = self.what.format(in_words(part(record.case, self.said)), **record.case)
            rest = in_words(part(record.case, apart))
            row = Row.of((f"{what}, {rest}" if rest else what,), figure)
            beside = record.figure(self.beside)
            more = f", {show(beside.median)} {beside.unit}" if beside else ""
            yield Row(row.what, row.measured + more, row.target, row.met)

    def _figure_of(self, record: Record) -> Figure | None:
        agrees = record.benchmark == self.benchmark and self.case.items() <= record.case.items()
        left_out = bool(self.but) and self.but.items() <= record.case.items()
        return record.figure(self.figure) if agrees and not left_out else None


PLAIN: Case = {"photos": 50, "iso": "low", "source": "files", "where": "embedded"}
"""The default throughput case."""
_PYVIPS: Case = {"peer": "pyvips"}
_PEER = ("peer", "look", "with")
_IDLE: Case = {"what": "idle service"}
_PEAK: Case = {"what": "peak over idle", "photos": 1000}

HEADLINES = (
    Headline("{}", "throughput", "times the floor", PLAIN, ("preset",), beside="photos a second"),
    Headline("uploads over HTTP take longer by ({})", "throughput", "added by HTTP", {}, ("preset",), worst=True),
    Headline("faster than {peer} ({look})", "peers", "ours is faster by", _PYVIPS, _PEER),
    Headline(
        "faster than {peer}, the best of the others ({look})",
        "peers",
        "ours is faster by",
        said=_PEER,
        worst=True,
        each="look",
        but=_PYVIPS,
    ),
    Headline("peak memory over idle ({})", "memory", "peak over idle", _PEAK, ("preset", "photos"), worst=True),
    Headline("memory of the idle service, {}", "memory", "all processes", _IDLE, ("workers",)),
    Headline("a coordinator, {}", "coordinator", "photos a second", {}, ("photos",)),
    Headline("slowest request at p99 ({})", "latency", "p99", {}, ("request",), worst=True),
    Headline("progress at {}, p95", "progress", "p95", {}, ("clients",)),
    Headline("2 workers against 1 ({})", "scaling", "2 workers against 1", {}, ("preset",), worst=True),
    Headline("speed of {}, simulated, of the ideal", "scaling", "of the ideal", {}, ("workers",), worst=True),
    Headline("cold start of {}", "startup", "cold", {}, ("what",)),
)


def headlines(records: Sequence[Record]) -> Table:
    """Return the table of headlines."""
    return Table("Headlines", "", ("",), [row for headline in HEADLINES for row in headline.rows(records)])


def _badness(figure: Figure) -> float:
    """Return how bad a figure is: low is good, unless the target says otherwise."""
    return -figure.median if figure.target and figure.target.least else figure.median
