"""`photobatch submit --watch-folder`: photos that appear in a folder go to a service, each once."""

import hashlib
import json
import os
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from photobatch.commands.options import NO_SHOOT
from photobatch.commands.service import WHOLE_BATCH, is_for_now, open_service, sentence_of
from photobatch.commands.submission import SubmitOptions
from photobatch.errors import InvalidRequestError, PhotoBatchError
from photobatch.inputs import not_taken_words
from photobatch.outputs import checked_template
from photobatch.photos import is_address
from photobatch.refusal import RefusalError
from photobatch.shown.interrupts import Interrupts
from photobatch.shown.progress_display import failure_line
from photobatch.shown.terminal import note, print_json, print_line
from photobatch.sync import PhotoBatch
from photobatch.watching.folder import WatchedFolder
from photobatch.watching.record import Record
from photobatch.watching.stamp import Stamp

STOPPED = "stopped. Batches go on; photos that come meanwhile are next: start the same command again."
_MOST_AT_ONCE = 1_000  # photos of one batch
_AT_ONCE = 4  # uploads
_AGAIN_S = 15.0  # after the service could not be reached, or was full


@dataclass(slots=True)
class _Group:
    """Photos of one batch. What is known of it grows: first its photos, then their uploads, then the batch."""

    key: str  # makes a repeated submit give the same batch
    photos: list[tuple[Path, Stamp]]
    sources: list[str] | None = None


@dataclass(slots=True)
class _Ledger:
    """What the journal of the folder says."""

    record: Record
    known: dict[Path, Stamp] = field(default_factory=dict)
    open: dict[str, _Group] = field(default_factory=dict)

    def read(self) -> None:
        for line in self.record.lines():
            self._apply(line)

    def knows(self, photo: Path, stamp: Stamp) -> bool:
        return self.known.get(photo) == stamp

    def add(self, **line: Any) -> None:
        self.record.add(**line)
        self._apply(line)

    def _apply(self, line: dict[str, Any]) -> None:
        key = line["key"]
        if "photos" in line:
            photos = [(Path(path), (size, changed)) for path, (size, changed) in line["photos"]]
            self.open[key] = _Group(key, photos)
            self.known.update(photos)
        elif "sources" in line:
            self.open[key].sources = line["sources"]
        else:
            self.open.pop(key, None)


def watch(options: SubmitOptions, folder: Path, *, as_json: bool) -> int:
    """Submit what appears in a folder until Ctrl-C, and return the exit status. Raises RefusalError."""
    if options.inputs or options.watch or options.out or options.null:
        said = "leave out INPUT, --watch and --out, and fetch the results of its batches with `photobatch fetch`"
        raise RefusalError(f"--watch-folder stays and submits: {said}.")
    if options.consistency != "none":
        raise RefusalError(NO_SHOOT)
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
            ledger = _Ledger(record)
            ledger.read()
            note(f"watching {folder}; Ctrl-C ends it.")
            status = _Watch(client, options, folder, ledger, as_json).run(lambda: interrupts.signal is not None)
    note(STOPPED)
    return status


class _Watch:
    """One command that watches."""

    def __init__(
        self, client: PhotoBatch, options: SubmitOptions, folder: Path, ledger: _Ledger, as_json: bool
    ) -> None:
        self._client = client
        self._options = options
        self._ledger = ledger
        self._as_json = as_json
        self._folder = WatchedFolder(folder, ledger.knows, recursive=options.recursive)
        self._not_taken: dict[str, int] = {}
        self._refused = 0
        self._not_before = 0.0

    def run(self, stopped: Callable[[], bool]) -> int:
        for _ in self._folder.looks(stopped):
            complete, found = self._folder.complete()
            if found.not_taken != self._not_taken:
                self._not_taken = dict(found.not_taken)
                note(f"not taken: {not_taken_words(found.not_taken)}." if found.not_taken else "all files are taken.")
            for start in range(0, len(complete), _MOST_AT_ONCE):
                photos = [(str(photo.path), stamp) for photo, stamp in complete[start : start + _MOST_AT_ONCE]]
                self._ledger.add(key=str(uuid.uuid4()), photos=photos)
            for group in list(self._ledger.open.values()):
                if time.monotonic() >= self._not_before and not stopped():
                    self._hand_in(group)
        return int(bool(self._refused or (self._options.strict and self._not_taken)))

    def _hand_in(self, group: _Group) -> None:
        """Upload and submit a group; if the service cannot take it now, it is tried again."""
        try:
            if group.sources is None:
                self._ledger.add(key=group.key, sources=self._uploaded(group))
            if group.sources:
                self._submit(group, group.sources)
            else:
                self._ledger.add(key=group.key, task=None)
        except PhotoBatchError as error:
            if not is_for_now(error):
                raise
            self._not_before = time.monotonic() + _AGAIN_S
            note(f"{sentence_of(error)} It is tried again in {_AGAIN_S:.0f} s.")

    def _uploaded(self, group: _Group) -> list[str]:
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

    def _submit(self, group: _Group, sources: list[str]) -> None:
        options = self._options
        held = self._client.submit(
            sources,
            preset=options.preset_id,
            preset_type=options.preset_type,
            params=options.params,
            output=options.output,
            name=options.name,
            priority=options.priority,
            idempotency_key=group.key,
        )
        self._ledger.add(key=group.key, task=held.task_id)
        photos = [str(path) for path, _ in group.photos]
        if self._as_json:
            print_json({"task_id": held.task_id, "photos": photos})
        else:
            print_line(held.task_id)


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
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
