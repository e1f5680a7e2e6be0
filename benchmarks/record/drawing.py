"""The style of plots: small SVGs for light and dark pages, with the same bytes for the same figures."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from matplotlib import style as styles
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.layout_engine import ConstrainedLayoutEngine

PAPER, INK, MUTED, LINES = "#ffffff", "#1f2328", "#59636e", "#d1d9e0"
OURS, OTHER, SECOND = "#0072b2", "#aab4be", "#d55e00"  # Okabe and Ito's blue and vermilion, safe for colour-blindness
_DARK = {PAPER: "#0d1117", INK: "#f0f6fc", MUTED: "#9198a1", LINES: "#3d444d"}
_DARK |= {OURS: "#56b4e9", OTHER: "#656c76", SECOND: "#e69f00"}
_WIDTH, _ROW, _FRAME, _PANEL = 8.4, 0.34, 0.95, 0.5  # inches: width, height of a row, frame, extra of a panel

_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": LINES,
    "axes.facecolor": PAPER,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9.5,
    "axes.titlecolor": MUTED,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.facecolor": PAPER,
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 10,
    "grid.color": LINES,
    "grid.linewidth": 0.7,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "legend.handlelength": 1.2,
    "legend.labelcolor": MUTED,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "path",  # fonts of a reader may have other widths
    "svg.hashsalt": "photobatch",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": LINES,
    "xtick.labelcolor": MUTED,
    "xtick.labelsize": 9.5,
    "ytick.color": INK,
    "ytick.labelcolor": INK,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A quantity from its lowest to its highest run; `said` is the full text at the right."""

    label: str
    value: float
    said: str
    colour: str
    spread: tuple[float, float]


@contextmanager
def style() -> Iterator[None]:
    """The style in which to draw and write."""
    with styles.context(_STYLE, after_reset=True):  # independent of this machine's matplotlibrc
        yield


def panels(rows: Sequence[int], title: str, *, legend: bool = False) -> tuple[Picture, list[Axes]]:
    """Return a picture with panels below each other, each high enough for its rows."""
    height = _FRAME + (_ROW if legend else 0.0) + sum(_PANEL + _ROW * count for count in rows)
    picture = Picture(figsize=(_WIDTH, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))
    picture.suptitle(title, x=0.015, ha="left", fontsize=12.5, fontweight="bold")
    grid = picture.subplots(len(rows), 1, squeeze=False, height_ratios=[count + 1 for count in rows])
    return picture, list(grid[:, 0])


def write_rows(axes: Axes, labels: Sequence[str], said: Sequence[str]) -> None:
    """Write the names of the rows on the left, the first on top, and their full text on the right."""
    at = range(len(labels))
    axes.set_yticks(at, labels=labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(axis="x")
    right = axes.secondary_yaxis("right")
    right.set_yticks(at, labels=said)
    right.spines["right"].set_visible(False)
    right.tick_params(length=0, labelcolor=MUTED, labelsize=9.5)


def bars(axes: Axes, all_bars: Sequence[Bar], grey: float = 0.0) -> None:
    """Draw bars from 0; the part up to `grey` is the floor."""
    write_rows(axes, [bar.label for bar in all_bars], [bar.said for bar in all_bars])
    for at, bar in enumerate(all_bars):
        start = min(grey, bar.value)
        if start:
            axes.barh(at, start, height=0.62, color=OTHER)
        axes.barh(at, bar.value - start, left=start, height=0.62, color=bar.colour)
        if bar.spread[0] < bar.spread[1]:
            axes.hlines(at, *bar.spread, colors=INK, linewidth=1.1)
    axes.set_xlim(left=0)


def svg(picture: Picture) -> bytes:
    """Write a picture as SVG whose colours follow the reader's light or dark mode."""
    out = io.BytesIO()
    picture.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    rules = [
        f'[style*="{kind}: {light}"]{{{kind}:{dark} !important}}'
        for light, dark in _DARK.items()
        for kind in ("fill", "stroke")
    ]
    dark = f"<style>@media (prefers-color-scheme:dark){{{''.join(rules)}}}</style>\n"
    body, end, rest = out.getvalue().decode().rpartition("</svg>")
    return (body + dark + end + rest).encode()
