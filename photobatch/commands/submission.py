"""`photobatch submit`, from options to exit status."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote

from photobatch.commands.dry_run import bytes_of, say_not_taken, show_submit_plan
from photobatch.commands.following import Followed
from photobatch.commands.outcome import refused_as_json
from photobatch.commands.service import WHOLE_BATCH, open_service, sentence_of
from photobatch.commands.way_back import way_back
from photobatch.connection import may_be_done
from photobatch.engine.jobs import mask_file
from photobatch.errors import UnavailableError
from photobatch.inputs import InputPhoto, collect
from photobatch.naming.results import ResultNames
from photobatch.outputs import checked_template, refuse_overwriting
from photobatch.photos import Given, is_address
from photobatch.refusal import RefusalError
from photobatch.shown.interrupts import stoppable
from photobatch.shown.progress_display import Display, display, failure_line
from photobatch.shown.terminal import note, print_json, print_line
from photobatch.sync import PhotoBatch

STDIN = "-"
_NOT_SENT = "upload:not-sent"  # stands for a mask while the parameters are checked


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """A command line of `photobatch submit`."""

    inputs: Sequence[str]
    preset_id: str | None = None
    preset_type: Literal["beauty", "filter", "color", "erase"] | None = None
    params: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] = field(default_factory=dict)
    name: str | None = None
    priority: int = 5
    consistency: Literal["none", "shoot"] = "none"
    consistency_strength: float = 1.0
    recursive: bool = True
    null: bool = False
    strict: bool = False
    dry_run: bool = False
    watch: bool = False
    out: Path | None = None
    url: str | None = None
    api_key: str | None = None


def submit(options: SubmitOptions, *, as_json: bool) -> int:
    """Carry out the command and return the exit status. Raises RefusalError."""
    return _Submission(options).run(as_json)


class _Submission:
    """The steps of one submit."""

    def __init__(self, options: SubmitOptions) -> None:
        self._options = options
        if options.name is not None:
            checked_template(options.name)
        self._sources, self._not_taken = sources(options)
        self._mask = mask_file(options.params)
        if self._mask is not None and not self._mask.is_file():
            raise RefusalError(f"There is no mask {options.params['mask']}.")
        self._all_sent = False
        self._followed: Followed | None = None

    def run(self, as_json: bool) -> int:
        say_not_taken(self._not_taken, raw=True)
        status = self._run(as_json)
        return max(status, int(self._options.strict and bool(self._not_taken)))

    def _run(self, as_json: bool) -> int:
        options = self._options
        with (
            stoppable(self._stopped),
            open_service(options.url, options.api_key, max_retries=WHOLE_BATCH) as client,
        ):
            if options.dry_run or self._mask is not None:
                self._check(client)
            if options.dry_run:
                self._show_plan(as_json)
                return 0
            with display() as shown:
                self._followed = self._handed_in(client, shown)
            for refused in self._followed.refused:
                note(failure_line(str(refused.path), refused.error.code, refused.error.detail))
            if not (options.watch or options.out):
                return self._answer(self._followed, as_json)
            note(f"{self._followed.held.task_id} is submitted; Ctrl-C leaves it running.")
            return self._followed.to_the_end(options.out, self._back(self._followed), as_json=as_json)

    def _check(self, client: PhotoBatch) -> None:
        """Let the service check the parameters, before the mask is sent."""
        options = self._options
        params = options.params if self._mask is None else options.params | {"mask": _NOT_SENT}
        client.check(
            preset=options.preset_id,
            preset_type=options.preset_type,
            params=params,
            output=options.output,
            name=options.name,
            photos=len(self._sources),
        )

    def _show_plan(self, as_json: bool) -> None:
        options, preset = self._options, self._options.preset_id or self._options.preset_type or ""
        named = ResultNames(options.name, preset, options.output.get("format", "same"), datetime.now(UTC))
        given = [os.fspath(photo.source) for photo in self._sources]
        names = [(source, named.take(name_in(source), at)) for at, source in enumerate(given)]
        size = bytes_of([photo.source for photo in self._sources if isinstance(photo.source, Path)])
        show_submit_plan(names, size, self._not_taken, as_json=as_json)
        if options.name and "date" in checked_template(options.name).fields:
            note("the dates are today's here; the service reads from each photo when it was taken.")

    def _handed_in(self, client: PhotoBatch, shown: Display) -> Followed:
        try:
            return self._hand_in(client, shown)
        except UnavailableError as error:
            if not (self._all_sent and may_be_done(error)):
                raise
            raise RefusalError(
                f"{sentence_of(error)} The batch may be there all the same: {self._look()}", 3
            ) from error

    def _hand_in(self, client: PhotoBatch, shown: Display) -> Followed:
        options, params = self._options, dict(self._options.params)
        count = len(self._sources)
        shown.phase(f"submitting {count} {'photo' if count == 1 else 'photos'}…")
        if self._mask is not None:
            params["mask"] = client.upload(self._mask).source

        def on_progress(done: int, total: int) -> None:
            self._all_sent = done == total
            shown.count("sent", done, total)

        held = client.submit(
            self._sources,
            preset=options.preset_id,
            preset_type=options.preset_type,
            params=params,
            output=options.output,
            name=options.name,
            priority=options.priority,
            consistency=options.consistency,
            consistency_strength=options.consistency_strength,
            on_progress=on_progress,
        )
        return Followed(held, options.url, held.refused, not_taken=dict(self._not_taken))

    def _answer(self, followed: Followed, as_json: bool) -> int:
        try:
            if as_json:
                refused = [refused_as_json(one) for one in followed.refused]
                not_taken = dict(self._not_taken)
                print_json({"task_id": followed.held.task_id, "refused": refused, "not_taken": not_taken})
            else:
                print_line(followed.held.task_id)
        except (OSError, RefusalError):
            note(f"{followed.held.task_id} is submitted.")
            raise
        return int(bool(followed.refused))

    def _back(self, followed: Followed) -> str:
        return way_back("watch", followed.held.task_id, url=self._options.url, out=self._options.out)

    def _stopped(self) -> str:
        if self._followed is not None:
            return f"the batch goes on without you. Come back with: {self._back(self._followed)}"
        if self._all_sent:
            return f"stopped while the batch was being submitted; whether it is there: {self._look()}"
        return "stopped; nothing is submitted."

    def _look(self) -> str:
        return way_back("list", url=self._options.url)


def sources(options: SubmitOptions) -> tuple[list[Given], Counter[str]]:
    """Return every photo once, in the order of the command line, and what is not taken; raises RefusalError."""
    found: dict[str, Given] = {}
    photos: list[InputPhoto] = []
    not_taken = Counter[str]()
    for given in _named(options):
        if is_address(given):
            found.setdefault(given, Given(given))
            continue
        here = collect([Path(given)], recursive=options.recursive, out=options.out)
        not_taken.update(here.not_taken)
        photos += here.photos
        for photo in here.photos:
            found.setdefault(photo.entry, Given(photo.path))
    if options.out is not None:
        if options.out.exists() and not options.out.is_dir():
            raise RefusalError(f"--out {options.out} is a file. Name a folder for the results.")
        refuse_overwriting(photos, [options.out / "any"])
    return list(found.values()), not_taken


def name_in(source: str) -> str:
    """Return the file name of a path or an address, as the service does."""
    return unquote(PurePosixPath(source.partition("?")[0]).name) if is_address(source) else Path(source).name


def _named(options: SubmitOptions) -> Iterator[str]:
    """Yield the inputs, with `-` replaced by the names from stdin."""
    if options.null and STDIN not in options.inputs:
        raise RefusalError("-0 says how names come over stdin: name - among the inputs.")
    for given in options.inputs:
        if given != STDIN:
            yield given
            continue
        told = sys.stdin.buffer.read()
        pieces = told.split(b"\0") if options.null else told.splitlines()
        names = [os.fsdecode(piece) for piece in pieces if piece]
        if not names:
            raise RefusalError("No name came over stdin; - reads names of photos there, a line each.")
        yield from names
