"""`photobatch run --watch-folder`: photos that appear in a folder, one engine for all of them, each photo once."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from photobatch import schemas
from photobatch.engine.installed import Engine, Server, capture_times, reads_raw
from photobatch.engine.jobs import Job, RunOptions, named_files, refuse_variants, request_of
from photobatch.engine.report import PhotoOutcome, Report
from photobatch.engine.run import Course, started
from photobatch.engine.scratch import Scratch
from photobatch.file_names import folded
from photobatch.inputs import InputPhoto
from photobatch.outputs import Naming, checked_template, free_place, refuse_overwriting
from photobatch.refusal import RefusalError
from photobatch.shown.interrupts import Interrupted, Interrupts
from photobatch.shown.progress_display import Display
from photobatch.watching.folder import WatchedFolder
from photobatch.watching.record import Record
from photobatch.watching.stamp import Stamp
from photobatch.watching.stamp import stamp as stamp_of

STOPPED = "stopped. Photos that come meanwhile, and those that are not done, are next: start the same command again."
MOST_AT_ONCE = 1_000  # photos of one batch


@dataclass(frozen=True, slots=True)
class Taken:
    """A photo that was taken: number and place of its result are final from then on."""

    number: int  # from 1
    source: Path
    stamp: Stamp
    place: PurePath  # of the result, below the output folder


class Ledger:
    """What the journal of a watched folder says: which photos were taken, and which of them have ended."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._latest: dict[Path, Taken] = {}
        self._places: dict[str, Path] = {}
        self.open: dict[int, Taken] = {}
        self.last = 0
        for line in record.lines():
            self._apply(line)

    def knows(self, source: Path, stamp: Stamp) -> bool:
        """Whether a photo was taken as it is now."""
        taken = self._latest.get(source)
        return taken is not None and taken.stamp == stamp

    def take(self, photo: InputPhoto, stamp: Stamp, name: Callable[[int], str]) -> Taken:
        """Record that a photo is taken. One that has changed keeps its number and the place of its result."""
        before = self._latest.get(photo.path)
        number = self.last + 1 if before is None else before.number
        place = photo.place.parent / name(number) if before is None else before.place
        if before is None:
            place = free_place(place, self._places.__contains__)
        self._add(taken=number, source=str(photo.path), stamp=stamp, place=str(place))
        return self._latest[photo.path]

    def end(self, taken: Taken, outcome: str) -> None:
        """Record that a photo has ended, if it is still the one that was taken."""
        if self.open.get(taken.number) == taken:
            self._add(ended=taken.number, outcome=outcome)

    def _add(self, **line: Any) -> None:
        self._record.add(**line)
        self._apply(line)

    def _apply(self, line: dict[str, Any]) -> None:
        if "ended" in line:
            self.open.pop(line["ended"], None)
        elif "taken" in line:
            size, changed = line["stamp"]
            taken = Taken(line["taken"], Path(line["source"]), (size, changed), PurePath(line["place"]))
            self._latest[taken.source] = self.open[taken.number] = taken
            self._places[folded(os.fspath(taken.place))] = taken.source
            self.last = max(self.last, taken.number)


@dataclass(slots=True)
class _Group:
    """Photos that are computed as one batch; see `Course`."""

    jobs: list[Job]
    request: schemas.SubmitRequest
    report: Report
    done: "_Ends"


class _Ends:
    """Records results that are in their place."""

    def __init__(self, ledger: Ledger, taken: Iterable[Taken], out: Path) -> None:
        self._ledger = ledger
        self._taken = {out / one.place: one for one in taken}

    def add(self, source: Path, as_it_was: Stamp | None, output: Path) -> None:
        """Record one."""
        self._ledger.end(self._taken[output], "succeeded")

    def fail(self, jobs: Iterable[Job]) -> None:
        """Record those that failed for good; the others are tried again by the next command."""
        for job in jobs:
            error = job.outcome.error
            if job.outcome.status == "failed" and error is not None and not error["retryable"]:
                self._ledger.end(self._taken[job.output], "failed")


def watch(options: RunOptions, folder: Path, preset: Any, server: Server, display: Display) -> Report:
    """Retouch what appears in a folder until a signal comes, and return the report. Raises RefusalError."""
    if not folder.is_dir():
        raise RefusalError(f"--watch-folder {folder} is no folder. Name the folder in which photos appear.")
    files = [[str(file), stamp_of(file)] for file in named_files(options.params)]  # not the version: done is done
    told = [os.path.realpath(folder), preset, options.output, options.name, options.recursive, files]
    place = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:16]
    with Record(options.out / f".photobatch-watched-{place}.jsonl") as record:
        return _Watch(options, folder, Ledger(record), server, display).run()


class _Watch:
    """One command that watches."""

    def __init__(self, options: RunOptions, folder: Path, ledger: Ledger, server: Server, display: Display) -> None:
        self._options = options
        self._ledger = ledger
        self._server = server
        self._display = display
        self._report = Report([], strict=options.strict)
        self._dated = options.name is not None and "date" in checked_template(options.name).fields
        self._folder = WatchedFolder(
            folder, ledger.knows, recursive=options.recursive, out=options.out, raw=reads_raw()
        )
        refuse_overwriting([InputPhoto(folder / "any", PurePath("any"))], [options.out / "any"])

    def run(self) -> Report:
        scratch = Scratch(self._options.out)
        with scratch as data_dir, Interrupts(scratch.remove, lambda: STOPPED) as interrupts, self._display:
            roots = [self._folder.path / "any"]
            try:
                with started(self, roots, self._server, data_dir, interrupts, self._display) as engine:
                    self._watch(engine, interrupts)
            except Interrupted:
                pass
        self._report.stopped_by = None  # to be stopped is how a watch ends
        return self._report

    @property
    def options(self) -> RunOptions:
        """The options of the command."""
        return self._options

    @property
    def report(self) -> Report:
        """The report on all photos."""
        return self._report

    def _watch(self, engine: Engine, interrupts: Interrupts) -> None:
        def stopped() -> bool:
            return interrupts.signal is not None or self._report.broken is not None

        self._compute(list(self._ledger.open.values()), engine, interrupts)
        for _ in self._folder.looks(stopped):
            interrupts.arm()  # a library may have put its own handlers there
            complete, found = self._folder.complete()
            self._report.not_taken = dict(found.not_taken)
            self._compute(self._take(complete), engine, interrupts)

    def _take(self, complete: list[tuple[InputPhoto, Stamp]]) -> list[Taken]:
        dates = capture_times([photo.path for photo, _ in complete]) if self._dated else {}
        options = self._options
        naming = Naming(options.output.get("format", "same"), options.name, options.preset_called, dates)
        refuse_variants(options.output, (photo.place for photo, _ in complete))
        return [
            self._ledger.take(photo, stamp, lambda number, photo=photo: naming.name(photo, number - 1))  # type: ignore[misc]
            for photo, stamp in complete
        ]

    def _compute(self, taken: list[Taken], engine: Engine, interrupts: Interrupts) -> None:
        for start in range(0, len(taken), MOST_AT_ONCE):
            if interrupts.signal is None and self._report.broken is None:
                self._compute_group(taken[start : start + MOST_AT_ONCE], engine, interrupts)
        if interrupts.signal is None:
            self._display.phase(f"watching {self._folder.path}…")

    def _compute_group(self, taken: list[Taken], engine: Engine, interrupts: Interrupts) -> None:
        out = self._options.out
        jobs = [_job(one, out) for one in taken]
        report = Report([job.outcome for job in jobs])
        group = _Group(jobs, request_of(self._options, jobs), report, _Ends(self._ledger, taken, out))
        Course(group, self._server, engine, interrupts, self._display).run()
        group.done.fail(jobs)
        whole = self._report
        whole.results += [outcome for outcome in report.results if outcome.ended]
        whole.task_id, whole.broken = report.task_id, report.broken
        whole.pixels += report.pixels
        whole.seconds += report.seconds
        whole.peak_memory_bytes = max(whole.peak_memory_bytes or 0, report.peak_memory_bytes or 0) or None


def _job(taken: Taken, out: Path) -> Job:
    outcome = PhotoOutcome(source=str(taken.source), output=str(out / taken.place))
    return Job(Path(os.path.realpath(taken.source)), out / taken.place, outcome, taken.stamp, out)
