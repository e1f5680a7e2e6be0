"""`photobatch submit --watch-folder`: photos that appear in a folder are appended to an open batch, each once."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

import typer

from photobatch.commands.service import WHOLE_BATCH, is_for_now, open_service, sentence_of
from photobatch.commands.submission import SubmitOptions
from photobatch.commands.way_back import way_back
from photobatch.errors import ConflictError, InvalidRequestError, NotFoundError, PhotoBatchError
from photobatch.inputs import not_taken_words
from photobatch.outputs import checked_template
from photobatch.photos import is_address
from photobatch.refusal import RefusalError
from photobatch.shown.interrupts import Interrupts
from photobatch.shown.progress_display import failure_line
from photobatch.shown.terminal import note, print_json, print_line
from photobatch.sync import Batch, PhotoBatch
from photobatch.watching.folder import WatchedFolder
from photobatch.watching.ledger import Group, Ledger
from photobatch.watching.record import Record

STOPPED = "stopped. Photos that wait, and those that come meanwhile, are next: start the same command again."
_TOGETHER = 100  # photos of one request: the first are retouched while the others are uploaded
_AT_ONCE = 4  # uploads
_AGAIN_S = 15.0  # after the service could not be reached, or was full
_TAKES_NO_MORE = frozenset({"batch_closed", "append_conflict", "too_many_photos"})


def watch(options: SubmitOptions, folder: Path, *, as_json: bool) -> int:
    """Submit what appears in a folder until Ctrl-C, and return the exit status. Raises RefusalError."""
    if options.inputs or options.watch or options.out or options.null:
        said = "leave out INPUT, --watch and --out, and fetch the results of its batches with `photobatch fetch`"
        raise RefusalError(f"--watch-folder stays and submits: {said}.")
    if not folder.is_dir():
        raise RefusalError(f"--watch-folder {folder} is no folder. Name the folder in which photos appear.")
    if isinstance(mask := options.params.get("mask"), str) and not is_address(mask):
        raise RefusalError("--watch-folder takes a mask that is uploaded already: --param mask=upload:…")
    if options.name is not None:
        checked_template(options.name)
    interrupts = Interrupts(lambda: None, lambda: STOPPED)
    with interrupts, open_service(options.url, options.api_key, max_retries=WHOLE_BATCH) as client:
        _check(client, options)
        place = Path(typer.get_app_dir("photobatch")) / "watched" / f"{_digest(client, options, folder)}.jsonl"
        with Record(place) as record:
            ledger = Ledger(record)
            goes_on = f" {ledger.task_id} goes on." if ledger.task_id else ""
            note(f"watching {folder}; Ctrl-C ends it.{goes_on}")
            status = _Watch(client, options, folder, ledger, as_json).run(lambda: interrupts.signal is not None)
    note(STOPPED)
    return status


class _Watch:
    """One command that watches."""

    def __init__(self, client: PhotoBatch, options: SubmitOptions, folder: Path, ledger: Ledger, as_json: bool) -> None:
        self._client = client
        self._options = options
        self._ledger = ledger
        self._as_json = as_json
        self._folder = WatchedFolder(folder, ledger.knows, recursive=options.recursive)
        self._not_taken: dict[str, int] = {}
        self._refused = 0
        self._not_before = 0.0
        self._new: str | None = None  # a batch of this command that has no photos yet

    def run(self, stopped: Callable[[], bool]) -> int:
        groups = self._ledger.groups
        for _ in self._folder.looks(stopped):
            complete, found = self._folder.complete()
            if found.not_taken != self._not_taken:
                self._not_taken = dict(found.not_taken)
                note(f"not taken: {not_taken_words(found.not_taken)}." if found.not_taken else "all files are taken.")
            for start in range(0, len(complete), _TOGETHER):
                self._ledger.take([(photo.path, stamp) for photo, stamp in complete[start : start + _TOGETHER]])
            while groups and time.monotonic() >= self._not_before and not stopped():
                self._for_now(lambda: self._hand_in(groups[0]), f"It is tried again in {_AGAIN_S:.0f} s.")
        if (task_id := self._ledger.task_id) and not groups:
            self._for_now(lambda: self._close(task_id), "The batch closes an hour after its last photo.")
        return int(bool(self._refused or (self._options.strict and self._not_taken)))

    def _for_now(self, step: Callable[[], None], otherwise: str) -> None:
        """Carry out a step; if the service cannot do that now, say what happens."""
        try:
            step()
        except PhotoBatchError as error:
            if not (is_for_now(error) or error.code == "too_many_uploads"):
                raise
            self._not_before = time.monotonic() + _AGAIN_S
            note(f"{sentence_of(error)} {otherwise}")

    def _hand_in(self, group: Group) -> None:
        """Upload the photos of the first group, and append them."""
        if not group.is_sent:
            self._ledger.sent(self._uploaded(group))
        if group.sources:
            self._append(group, group.sources)
        else:
            self._ledger.appended()

    def _uploaded(self, group: Group) -> list[str]:
        """Upload the photos and return their sources; those that are refused are told, and count as done."""

        def one(path: Path) -> str | InvalidRequestError:
            try:
                return self._client.upload(path).source
            except InvalidRequestError as error:
                return error

        paths = [path for path, _ in group.photos]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            sent = list(zip(paths, pool.map(one, paths), strict=True))
        for path, said in sent:
            if isinstance(said, InvalidRequestError):
                self._refused += 1
                note(failure_line(str(path), said.code, said.detail))
        return [said for _, said in sent if isinstance(said, str)]

    def _append(self, group: Group, sources: list[str]) -> None:
        """Append to the open batch. If somebody closed or deleted it, or it is full, the next turn opens another."""
        batch = self._opened()
        try:
            batch.append(sources, at=self._ledger.total)
        except PhotoBatchError as error:
            gone = isinstance(error, NotFoundError)
            if batch.task_id == self._new or not (gone or error.code in _TAKES_NO_MORE):
                raise
            if gone:
                self._ledger.gone()
            else:
                self._ledger.closed(_shared(sources, _sources_of(batch, self._ledger.total)))
            return
        self._new = None
        self._ledger.appended()
        if self._as_json:
            print_json({"task_id": batch.task_id, "photos": [str(path) for path, _ in group.photos]})

    def _opened(self) -> Batch:
        """Return the batch to which photos are appended."""
        task_id = self._ledger.task_id
        if task_id is None:
            options = self._options
            task_id = self._client.submit(
                [],
                preset=options.preset_id,
                preset_type=options.preset_type,
                params=options.params,
                output=options.output,
                name=options.name,
                batch_name=self._folder.path.resolve().name or None,
                priority=options.priority,
                consistency=options.consistency,
                consistency_strength=options.consistency_strength,
                open=True,
                idempotency_key=self._ledger.opening(),
            ).task_id
            self._ledger.opened(task_id)
            self._new = task_id
            if not self._as_json:
                print_line(task_id)
        return self._client.batch(task_id)

    def _close(self, task_id: str) -> None:
        with suppress(NotFoundError, ConflictError):  # somebody deleted or cancelled it
            self._client.batch(task_id).close()
        self._ledger.closed()
        back = way_back("fetch", task_id, url=self._options.url, out="DIR")
        note(f"{task_id} is closed, and ends when its photos are done. Its results come with: {back}")


def _sources_of(batch: Batch, first: int) -> list[str]:
    return [photo.source for photo in batch.photos()][first:]


def _shared(ours: list[str], there: list[str]) -> int:
    """Return how many photos of a group a batch has: a crash may have kept the last ones out."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(ours, there, strict=False)))


def _check(client: PhotoBatch, options: SubmitOptions) -> None:
    client.check(
        preset=options.preset_id,
        preset_type=options.preset_type,
        params=options.params,
        output=options.output,
        name=options.name,
    )


def _digest(client: PhotoBatch, options: SubmitOptions, folder: Path) -> str:
    """Return a name for what is watched and done: other options, or another service, take all photos anew."""
    told = [
        repr(client),
        os.path.realpath(folder),
        *(options.preset_id, options.preset_type, options.params, options.output, options.name, options.recursive),
        *(options.consistency, options.consistency_strength),
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
