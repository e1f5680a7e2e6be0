"""The plots of the report; a plot without measurements is left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from benchmarks.record.drawing import INK, MUTED, OTHER, OURS, SECOND, Bar, bars, panels, style, svg, write_rows
from benchmarks.record.figures import Figure, show
from benchmarks.record.headlines import PLAIN
from benchmarks.record.results import Case, Record, in_words
from benchmarks.record.tables import part, varying

_POINTS = {"p50": (OURS, "o"), "p95": (SECOND, "s"), "p99": (SECOND, "D")}


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture as SVG; `alt` says in words what it shows. A plot that `lead`s is in the README too."""

    name: str
    alt: str
    svg: bytes
    lead: bool = False


def plots(records: Sequence[Record]) -> list[Plot]:
    """Draw all plots with measurements."""
    draws: tuple[Callable[[Sequence[Record]], Plot | None], ...] = (_floor, _peers, _memory, _percentiles)
    with style():
        return [plot for draw in draws if (plot := draw(records))]


def _floor(records: Sequence[Record]) -> Plot | None:
    """The cost of each preset beyond decoding and encoding."""
    found = _find(records, "throughput", PLAIN, "times the floor")
    if not found:
        return None
    labels = _labels([record for record, _ in found], "preset")
    drawn = [_bar(label, figure) for label, (_, figure) in zip(labels, found, strict=True)]
    title = "Time for a batch, as a multiple of the codec floor"
    picture, (axes,) = panels([len(drawn)], title, legend=True)
    bars(axes, drawn, grey=1.0)
    axes.axvline(1.0, color=INK, linewidth=1.3)
    for at, (_, figure) in enumerate(found):
        if figure.target:
            axes.vlines(figure.target.limit, at - 0.42, at + 0.42, colors=SECOND, linewidth=2.6)
    axes.set_xlim(right=1.05 * max(_furthest(figure) for _, figure in found))
    axes.set_xlabel("× floor, measured in the same run (less is better)")
    shown = {
        "codec floor: decoding and encoding alone": _upright(INK, 1.3),
        "target": _upright(SECOND),
        "lowest to highest run": Line2D([], [], color=INK, linewidth=1.1),
    }
    picture.legend(shown.values(), shown.keys(), loc="outside lower left", ncols=3)
    return Plot("floor", _alt(title, drawn), svg(picture))


def _peers(records: Sequence[Record]) -> Plot | None:
    """The same work done by others: a panel for each look."""
    found = _find(records, "peers", {}, "× floor")
    if not found:
        return None
    title = "Time for the same work: photobatch and others"
    looks = list(dict.fromkeys(str(record.case["look"]) for record, _ in found))
    of_looks = [[pair for pair in found if pair[0].case["look"] == look] for look in looks]
    picture, all_axes = panels([len(group) for group in of_looks], title)
    everything: list[str] = []
    for look, group, axes in zip(looks, of_looks, all_axes, strict=True):
        ordered = sorted(group, key=lambda pair: pair[1].median)
        drawn = []
        for label, (record, figure) in zip(_labels([record for record, _ in ordered], "peer"), ordered, strict=True):
            seconds = record.figure("seconds")
            more = f" · {show(seconds.median)} s" if seconds else ""
            colour = OURS if str(record.case["peer"]).startswith("photobatch") else OTHER
            drawn.append(_bar(label, figure, more, colour))
        bars(axes, drawn)
        axes.set_title(look)
        everything.append(_alt(look, drawn))
    for axes in all_axes:
        axes.set_xlim(right=1.05 * max(_furthest(figure) for _, figure in found))
    all_axes[-1].set_xlabel("× codec floor (less is better)")
    return Plot("peers", f"{title}. {'. '.join(everything)}", svg(picture), lead=True)


def _memory(records: Sequence[Record]) -> Plot | None:
    """Which processes take the memory of the idle service."""
    detailed = [record for record in records if len(record.figures) > 1]
    idle = _find(detailed, "memory", {"what": "idle service"}, "all processes")
    if not idle:
        return None
    title = "Memory of the idle service, by process"
    shares = [[figure for figure in record.figures if figure is not total] for record, total in idle]
    picture, all_axes = panels([len(figures) for figures in shares], title)
    everything: list[str] = []
    for (record, total), figures, axes in zip(idle, shares, all_axes, strict=True):
        drawn = [_bar(figure.name, figure) for figure in sorted(figures, key=lambda figure: -figure.median)]
        bars(axes, drawn)
        workers = in_words(part(record.case, ["workers"]))
        target = f", target {total.target}" if total.target else ""
        axes.set_title(f"{workers}: {total} in all{target}")
        everything.append(_alt(workers, drawn))
    all_axes[-1].set_xlabel("MB, pages that processes share counted once (PSS)")
    return Plot("memory", f"{title}. {'. '.join(everything)}", svg(picture))


def _percentiles(records: Sequence[Record]) -> Plot | None:
    """How long requests and progress messages take, usually and at worst."""
    timed = [record for record in records if record.benchmark in ("latency", "progress")]
    found = [(record, points) for record in timed if (points := [one for one in record.figures if one.name in _POINTS])]
    if not found:
        return None
    title = "Answers and progress: how long they take"
    picture, (axes,) = panels([len(found)], title, legend=True)
    latency = _labels([record for record, _ in found if record.benchmark == "latency"], "request")
    progress = _labels([record for record, _ in found if record.benchmark == "progress"], "clients")
    labels = latency + [f"progress, {label}" for label in progress]
    found.sort(key=lambda pair: pair[0].benchmark)
    said = [" · ".join(f"{point.name} {show(point.median)} ms" for point in points) for _, points in found]
    write_rows(axes, labels, said)
    for at, (_, points) in enumerate(found):
        for point in points:
            colour, marker = _POINTS[point.name]
            axes.plot(point.median, at, color=colour, marker=marker, markersize=8, zorder=3)
            if point.target:
                axes.vlines(point.target.limit, at - 0.36, at + 0.36, colors=colour, linewidth=2.6)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xlabel("ms, on a logarithmic scale (less is better)")
    names = [name for name in _POINTS if any(point.name == name for _, points in found for point in points)]
    handles = [Line2D([], [], color=_POINTS[name][0], marker=_POINTS[name][1], linestyle="none") for name in names]
    picture.legend(
        [*handles, _upright(MUTED)],
        [*names, "target, in the colour of its percentile"],
        loc="outside lower left",
        ncols=4,
    )
    alt = f"{title}: {'; '.join(f'{label} {text}' for label, text in zip(labels, said, strict=True))}"
    return Plot("percentiles", alt, svg(picture))


def _find(records: Sequence[Record], benchmark: str, case: Case, name: str) -> list[tuple[Record, Figure]]:
    agreeing = [one for one in records if one.benchmark == benchmark and case.items() <= one.case.items()]
    return [(record, figure) for record in agreeing if (figure := record.figure(name))]


def _labels(records: Sequence[Record], first: str) -> list[str]:
    """Label each record by one part of its case and other distinguishing parts; libraries would be too long."""
    apart = [name for name in varying([record.case for record in records]) if name not in (first, "with")]
    return [in_words(part(record.case, [first, *apart])) for record in records]


def _bar(label: str, figure: Figure, more: str = "", colour: str = OURS) -> Bar:
    spread = (min(figure.values), max(figure.values))
    return Bar(label, figure.median, f"{show(figure.median)} {figure.unit}{more}", colour, spread)


def _upright(colour: str, width: float = 2.6) -> Line2D:
    """Return the mark of a legend for an upright line."""
    return Line2D([], [], color=colour, marker="|", markersize=11, markeredgewidth=width, linestyle="none")


def _furthest(figure: Figure) -> float:
    return max(*figure.values, figure.target.limit if figure.target else 0.0, 0.0)


def _alt(title: str, drawn: Sequence[Bar]) -> str:
    return f"{title}: {'; '.join(f'{bar.label} {bar.said}' for bar in drawn)}"
