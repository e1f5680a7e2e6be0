"""The report of a run: a table for people, or one JSON object for programs."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.table import Table


@dataclass(slots=True)
class PhotoOutcome:
    """One photo: `succeeded`, `failed`, `skipped`, or `cancelled` while it has not ended."""

    source: str
    output: str
    status: str = "cancelled"
    error: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)
    engine: str | None = None
    timings_ms: dict[str, float] | None = None

    @property
    def ended(self) -> bool:
        """Return whether the photo has ended."""
        return self.status != "cancelled"

    def fail(self, code: str, message: str, *, retryable: bool) -> None:
        """End the photo without a result."""
        self.status = "failed"
        self.error = {"code": code, "message": message, "retryable": retryable}


@dataclass(slots=True)
class Report:
    """Numbers of a run. `seconds` is from submit to the last result in place; `startup_s` is before that."""

    results: list[PhotoOutcome]
    task_id: str | None = None
    startup_s: float = 0.0
    seconds: float = 0.0
    pixels: int = 0
    peak_memory_bytes: int | None = None
    not_taken: dict[str, int] = field(default_factory=dict)  # files of folders that are no photos, by extension
    strict: bool = False  # whether those make the run a failed one
    continued: int = 0  # skipped photos that a killed run had done
    stopped_by: int | None = None
    broken: str | None = None

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some photos failed or, if strict, were not taken, 128 + n stopped by signal n."""
        if self.stopped_by is not None:
            return 128 + self.stopped_by
        bad = any(outcome.status in {"failed", "cancelled"} for outcome in self.results)
        return int(bad or (self.strict and bool(self.not_taken)))

    @property
    def photos_per_s(self) -> float:
        """Results per second."""
        return self.counts()["succeeded"] / self.seconds if self.seconds else 0.0

    def counts(self) -> Counter[str]:
        """Return the number of photos by status."""
        return Counter(outcome.status for outcome in self.results)

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        counts = self.counts()
        return {
            "task_id": self.task_id,
            "total": len(self.results),
            **{status: counts[status] for status in ("succeeded", "failed", "skipped", "cancelled")},
            "continued": self.continued,
            "not_taken": self.not_taken,
            "startup_s": round(self.startup_s, 3),
            "seconds": round(self.seconds, 3),
            "photos_per_s": round(self.photos_per_s, 3),
            "peak_memory_bytes": self.peak_memory_bytes,
            "results": [asdict(outcome) for outcome in self.results],
        }

    def as_table(self) -> Table:
        """Return the summary."""
        counts = self.counts()
        table = Table(show_header=False, box=None, pad_edge=False)
        table.add_column(style="bold")
        table.add_column(justify="right")
        table.add_row("photos done", str(counts["succeeded"]))
        if no_face := sum("no_face" in outcome.notes for outcome in self.results):  # retouching changed nothing there
            table.add_row("  without a face", str(no_face))
        table.add_row("failed", str(counts["failed"]))
        table.add_row("skipped", str(counts["skipped"]))
        if self.continued:
            table.add_row("  done before", str(self.continued))
        if self.not_taken:
            table.add_row("not taken", str(sum(self.not_taken.values())))
        if counts["cancelled"]:
            table.add_row("not done", str(counts["cancelled"]))
        if self.task_id:
            table.add_row("start-up", f"{self.startup_s:.1f} s")
            table.add_row("seconds", f"{self.seconds:.1f}")
            table.add_row("photos/s", f"{self.photos_per_s:.2f}")
            table.add_row("megapixels/s", f"{self.pixels / 1e6 / self.seconds:.1f}" if self.seconds else "-")
            memory = self.peak_memory_bytes
            table.add_row("peak memory", f"{memory / 2**20:,.0f} MiB" if memory is not None else "-")
        return table
