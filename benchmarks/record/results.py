"""The record of every measurement: one JSON object a line, appended, never rewritten."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.record.figures import Figure
from benchmarks.record.stamp import stamp

FOLDER = Path(__file__).parents[1] / "results"
Case = Mapping[str, str | int | float]
"""The case of a measurement: preset, photos, workers and so on."""
_SAID = {"iso": "ISO"}  # names shown with their values, besides the plurals


@dataclass(frozen=True, slots=True)
class Record:
    """One measurement of one case. `quick` ones only try the benchmark and prove nothing."""

    benchmark: str
    case: Case
    figures: list[Figure]
    quick: bool
    stamp: dict[str, Any]

    def figure(self, name: str) -> Figure | None:
        """Return a figure by its name."""
        return next((figure for figure in self.figures if figure.name == name), None)

    @property
    def title(self) -> str:
        """Name the case in one line."""
        return f"{self.benchmark}: {in_words(self.case)}" + (" (quick)" if self.quick else "")

    def to_json(self) -> dict[str, Any]:
        """Return the recorded form."""
        return {
            "benchmark": self.benchmark,
            "quick": self.quick,
            "case": dict(self.case),
            "figures": [figure.to_json() for figure in self.figures],
            "stamp": self.stamp,
        }


def in_words(case: Case) -> str:
    """Describe a case in one line: counts have their names, other values stand alone."""
    said = []
    for name, value in case.items():
        if name.endswith("s"):
            count = f"{value:,}" if isinstance(value, int) else value
            said.append(f"{count} {name.removesuffix('s') if value == 1 else name}")
        else:
            said.append(f"{value} {_SAID[name]}" if name in _SAID else str(value))
    return ", ".join(said)


def append(name: str, line: Mapping[str, object], folder: Path = FOLDER) -> None:
    """Append one line to the results of a benchmark, with a stamp if it has none."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({**line, "stamp": line.get("stamp") or stamp()}, ensure_ascii=False) + "\n")


def record(benchmark: str, case: Case, figures: list[Figure], *, quick: bool = False, folder: Path = FOLDER) -> Record:
    """Add a measurement, stamped with machine and versions, to the results of its benchmark."""
    made = Record(benchmark, case, figures, quick, stamp())
    append(benchmark, made.to_json(), folder)
    return made


def read(benchmark: str, folder: Path = FOLDER) -> list[Record]:
    """Return all measurements of a benchmark, the oldest first."""
    path = folder / f"{benchmark}.jsonl"
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [
        Record(
            line["benchmark"],
            line["case"],
            [Figure.from_json(figure) for figure in line["figures"]],
            line["quick"],
            line["stamp"],
        )
        for line in lines
        if "figures" in line  # lines of chaos and soak, and those from before there were figures, have another shape
    ]
