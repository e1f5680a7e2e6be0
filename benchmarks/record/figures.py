"""Figures of benchmarks, with one value for each run and perhaps a target."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

MARKS = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: ""}
"""Marks for met and missed targets in a terminal."""


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a figure: at most `limit`, or at least."""

    limit: float
    least: bool = False

    def met(self, value: float) -> bool:
        """Say whether a value meets the target."""
        return value >= self.limit if self.least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {show(self.limit)}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity; `values` has one value for each run."""

    name: str
    unit: str
    values: Sequence[float] = field(default_factory=list)
    target: Target | None = None

    @property
    def median(self) -> float:
        """The stated value."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median meets the target; None without one."""
        return self.target.met(self.median) if self.target else None

    def to_json(self) -> dict[str, Any]:
        """Return the recorded form; `from_json` reads it."""
        target = {"limit": self.target.limit, "least": self.target.least} if self.target else None
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "lowest": min(self.values),
            "highest": max(self.values),
            "values": list(self.values),
            "target": target,
        }

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "Figure":
        """Return the figure written by `to_json`."""
        target = Target(**written["target"]) if written["target"] else None
        return cls(written["name"], written["unit"], written["values"], target)

    def __str__(self) -> str:
        lowest, highest = show(min(self.values)), show(max(self.values))
        spread = f" ({lowest} to {highest})" if lowest != highest else ""
        return f"{show(self.median)}{spread} {self.unit}".rstrip()


def show(value: float) -> str:
    """Format a number with about three significant digits."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(title: str, figures: Sequence[Figure]) -> Table:
    """Return a table of figures and targets."""
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False)
    shown.add_column("")
    shown.add_column("median (lowest to highest)", justify="right")
    shown.add_column("target", justify="right")
    shown.add_column("")
    for figure in figures:
        shown.add_row(figure.name, str(figure), str(figure.target or ""), MARKS[figure.met])
    return shown
