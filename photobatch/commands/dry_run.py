"""What a command would do, and what it leaves out: said before anything is sent or computed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from photobatch.engine.jobs import Job, Work
from photobatch.inputs import not_taken_words, raw_advice
from photobatch.shown.terminal import note, print_json, print_line, shown

_SHOWN = 20  # photos that are named


def say_not_taken(not_taken: Mapping[str, int], *, raw: bool) -> None:
    """Say in one line which files of folders are not taken; `raw`: whether RAW files are."""
    if not_taken:
        note(f"not taken: {not_taken_words(not_taken)}.{raw_advice(not_taken, raw=raw)}")


def show_plan(work: Work, *, as_json: bool) -> int:
    """Print what a run would do, and return the exit status that it would have at best."""
    report = work.report
    if as_json:
        photos = [_as_json(job) for job in work.jobs]
        skipped = len(report.results) - len(work.jobs)
        print_json(_told(photos, report.not_taken, sum(photo["bytes"] for photo in photos)) | {"skipped": skipped})
    else:
        lines = [f"{shown(str(job.outcome.source))} -> {shown(str(job.output))}" for job in work.jobs]
        print_plan(lines, sum(_size(job) for job in work.jobs), f"into {work.options.out}")
        if replaced := sum(job.output.exists() for job in work.jobs):
            one = "1 result is there already and would be replaced"
            many = f"{replaced} results are there already and would be replaced"
            note(f"{one if replaced == 1 else many}; --skip-existing leaves such photos out.")
    return report.exit_code if report.strict and report.not_taken else 0


def show_submit_plan(
    names: Sequence[tuple[str, str]], size: int, not_taken: Mapping[str, int], *, as_json: bool
) -> None:
    """Print what a submit would send: source and name of the result of each photo."""
    if as_json:
        photos = [{"source": source, "name": name} for source, name in names]
        print_json(_told(photos, not_taken, size))
    else:
        print_plan([f"{shown(source)} -> {shown(name)}" for source, name in names], size, "to the service")


def print_plan(lines: Sequence[str], size: int, where: str) -> None:
    """Print the first lines of a plan, and its sum."""
    for line in lines[:_SHOWN]:
        print_line(line)
    if len(lines) > _SHOWN:
        print_line(f"… and {len(lines) - _SHOWN} more")
    photos = f"{len(lines)} photo{'' if len(lines) == 1 else 's'}"
    print_line(f"{photos}, {size / 1e6:,.1f} MB, {where}. Nothing was sent or computed (--dry-run).")


def bytes_of(paths: Sequence[Path]) -> int:
    """Return the size of files together; one that cannot be looked at counts nothing."""
    return sum(path.stat().st_size for path in paths if path.exists())


def _as_json(job: Job) -> dict[str, Any]:
    there = job.output.exists()
    return {"source": job.outcome.source, "output": str(job.output), "bytes": _size(job), "replaces": there}


def _size(job: Job) -> int:
    return 0 if job.stamp is None else job.stamp[0]


def _told(photos: Sequence[Mapping[str, Any]], not_taken: Mapping[str, int], size: int) -> dict[str, Any]:
    return {"dry_run": True, "total": len(photos), "bytes": size, "not_taken": dict(not_taken), "photos": photos}
