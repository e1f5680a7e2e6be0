"""Tables of batches."""

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table
from rich.text import Text

from photobatch.schemas import Batch, Stats
from photobatch.shown.progress_display import duration, failure_line


def batch_table(batch: Batch) -> Table:
    """Return one batch, one property on each line."""
    counts = batch.counts
    table = _named()
    table.add_row("task", batch.task_id)
    table.add_row("status", batch.status.value + (" (still listing its photos)" if batch.expanding else ""))
    table.add_row("preset", preset_name(batch))
    table.add_row("photos done", f"{counts.succeeded} of {counts.total}")
    if counts.failed:
        table.add_row("failed", str(counts.failed))
    if counts.cancelled:
        table.add_row("cancelled", str(counts.cancelled))
    if batch.photos_per_s is not None:
        table.add_row("photos/s", f"{batch.photos_per_s:.2f}")
    if batch.eta_s is not None:
        table.add_row("left", duration(batch.eta_s))
    if batch.truncated:
        table.add_row("left out", "there were more photos than a batch may hold")
    for error in batch.errors:
        table.add_row("not listed", Text(failure_line(error.source, error.code, error.message)))
    table.add_row("submitted", moment(batch.created_at))
    if batch.expires_at is not None:
        table.add_row("kept until", moment(batch.expires_at))
    return table


def batches_table(batches: Iterable[Batch]) -> Table:
    """Return a table with one line for each batch."""
    table = Table(box=None, pad_edge=False)
    for heading in ("task", "status", "done", "failed", "preset", "submitted"):
        table.add_column(heading, no_wrap=heading == "task", justify="right" if heading == "failed" else "left")
    for batch in batches:
        counts = batch.counts
        done = f"{counts.succeeded}/{counts.total}"
        table.add_row(
            batch.task_id,
            batch.status.value,
            done,
            str(counts.failed),
            preset_name(batch),
            moment(batch.created_at),
        )
    return table


def stats_table(stats: Stats) -> Table:
    """Return a table of a service's statistics."""
    workers, queue = stats.workers, stats.queue
    table = _named()
    table.add_row("version", stats.version)
    table.add_row("up for", duration(stats.uptime_s))
    table.add_row(
        "workers", f"{workers.busy} busy, {workers.ready} ready, {workers.starting} starting, {workers.max} at most"
    )
    table.add_row("waiting", f"{queue.photos} photos in {queue.batches} batches of {queue.limit} at most")
    table.add_row("photos/s", f"{stats.photos_per_s:.2f}")
    for name, counted in (("batches", stats.batches), ("photos", stats.photos)):
        table.add_row(name, ", ".join(f"{number} {status}" for status, number in counted.items() if number) or "none")
    return table


def preset_name(batch: Batch) -> str:
    """Return the preset's id, or the type if the batch has none."""
    return batch.preset.id or batch.preset.type


def moment(when: datetime) -> str:
    """Return a time in the local time zone."""
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S}"


def _named() -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    return table
