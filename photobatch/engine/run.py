"""`photobatch run`: a batch on an embedded cluster, from files to files."""

import math
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from photobatch import schemas
from photobatch.engine.installed import Engine, Server
from photobatch.engine.jobs import Job, RunOptions, Work, file_roots, mask_file
from photobatch.engine.peak_memory import PeakMemory
from photobatch.engine.report import Report
from photobatch.engine.scratch import Scratch
from photobatch.refusal import RefusalError
from photobatch.shown.interrupts import Interrupted, Interrupts
from photobatch.shown.progress_display import Display
from photobatch.watching.stamp import Stamp

STOPPED = "stopped. What is finished is in its place; the same command with --skip-existing continues."
_CANCEL_WITHIN_S = 10.0


def run(work: Work, server: Server, display: Display) -> None:
    """Retouch the photos; `work.report` has the outcome. Raises RefusalError if nothing could begin."""
    scratch = Scratch(work.options.out, work.done.begin)
    with scratch as data_dir, Interrupts(scratch.remove, lambda: STOPPED) as interrupts, display:
        try:
            files = [job.source for job in work.jobs]
            with started(work, files, server, data_dir, interrupts, display) as engine:
                Course(work, server, engine, interrupts, display).run()
        except Interrupted:
            work.report.stopped_by = interrupts.signal
        finally:
            work.done.close()


class Asked(Protocol):
    """A command that needs an engine."""

    @property
    def options(self) -> RunOptions:
        """Its options."""

    @property
    def report(self) -> Report:
        """Its report."""


class Recorded(Protocol):
    """What records results that are in their place."""

    def add(self, source: Path, as_it_was: Stamp | None, output: Path) -> None:
        """Record one."""


class Group(Protocol):
    """Photos that are computed as one batch."""

    jobs: list[Job]
    request: schemas.SubmitRequest
    report: Report

    @property
    def done(self) -> Recorded:
        """The record of finished results."""


@contextmanager
def started(  # noqa: PLR0917
    asked: Asked, photos: Iterable[Path], server: Server, data_dir: Path, interrupts: Interrupts, display: Display
) -> Iterator[Engine]:
    """Open an engine that may read the folders of these photos. Raises RefusalError, Interrupted."""
    display.phase("starting workers…")
    began = time.monotonic()
    mask = mask_file(asked.options.params)
    files = [Path(os.path.realpath(photo)) for photo in photos] + ([mask] if mask else [])
    engine = server.engine(data_dir, workers=asked.options.workers, file_roots=file_roots(files))
    try:
        try:
            with interrupts.breaking_off():
                engine.__enter__()
        except server.error as error:
            raise RefusalError(f"The workers did not start: {_told(error)}", exit_code=1) from error
        interrupts.arm()
        asked.report.startup_s = time.monotonic() - began
        yield engine
    finally:
        engine.close()


class Course:
    """The steps of one batch on a started engine."""

    def __init__(self, work: Group, server: Server, engine: Engine, interrupts: Interrupts, display: Display) -> None:
        self._jobs = work.jobs
        self._request = work.request
        self._report = work.report
        self._done_record = work.done
        self._error = server.error
        self._engine = engine
        self._interrupts = interrupts
        self._display = display
        self._began = 0.0
        self._done = 0

    def run(self) -> None:
        """Carry out the batch; the report has its outcome. Raises RefusalError if it is refused."""
        with PeakMemory(self._engine.memory) as peak:
            self._began = time.monotonic()
            try:
                task_id = self._engine.submit(self._request)
            except self._error as error:
                raise RefusalError(_told(error)) from error
            self._report.task_id = task_id
            try:
                self._follow(task_id)
            except self._error as error:
                self._report.broken = f"The batch could not be finished: {_told(error)}"
        self._report.peak_memory_bytes = peak.bytes

    def _follow(self, task_id: str) -> None:
        batch: schemas.Batch | None = None
        give_up = math.inf
        for message in self._engine.watch(task_id):
            batch = message.batch or batch
            for photo in message.photos:
                self._settle(task_id, photo)
            if give_up == math.inf:
                self._display.advance(self._done, len(self._jobs), batch)
            if message.type == "done" or time.monotonic() > give_up:
                return
            if self._interrupts.signal is not None and give_up == math.inf:
                self._report.stopped_by = self._interrupts.signal
                self._display.phase("stopping…")
                give_up = time.monotonic() + _CANCEL_WITHIN_S
                self._engine.cancel(task_id)

    def _settle(self, task_id: str, photo: schemas.Photo) -> None:
        """Put a finished photo's result in its place, or record why there is none; only once."""
        job = self._jobs[photo.index]
        if job.outcome.ended:
            return
        if photo.status is schemas.PhotoStatus.SUCCEEDED:
            self._take(task_id, photo, job)
        elif photo.status is schemas.PhotoStatus.FAILED and photo.error is not None:
            job.outcome.fail(photo.error.code, photo.error.message, retryable=photo.error.retryable)
        else:
            return
        job.outcome.notes, job.outcome.engine = photo.notes, photo.engine
        job.outcome.timings_ms = photo.timings_ms
        self._done += 1
        self._report.seconds = time.monotonic() - self._began
        if error := job.outcome.error:
            self._display.failure(job.outcome.source, error["code"], error["message"])

    def _take(self, task_id: str, photo: schemas.Photo, job: Job) -> None:
        try:
            for variant in photo.result.also if photo.result else ():
                place = job.variant(variant.name, variant.format).absolute()
                self._engine.take(task_id, photo.index, place, variant.name)
            self._engine.take(task_id, photo.index, job.output.absolute())
        except OSError as error:
            sentence = f"The result cannot be written to {job.output}: {error.strerror}."
            job.outcome.fail("write_failed", sentence, retryable=True)
        except self._error as error:
            job.outcome.fail(getattr(error, "code", "take_failed"), _told(error), retryable=True)
        else:
            job.outcome.status = "succeeded"
            self._done_record.add(job.source, job.stamp, job.output)
            if photo.result is not None:
                self._report.pixels += photo.result.width * photo.result.height


def _told(error: Exception) -> str:
    """Return the message of an EngineError."""
    return str(getattr(error, "detail", error))
