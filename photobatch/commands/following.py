"""Follows a batch to its end: shows progress, downloads results, and prints a report."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.text import Text

from photobatch.commands.outcome import exit_code, failure_as_json, refused_as_json
from photobatch.commands.service import sentence_of
from photobatch.commands.way_back import way_back
from photobatch.errors import UnavailableError
from photobatch.refusal import RefusalError
from photobatch.schemas import Batch, Photo, PhotoStatus
from photobatch.shown.batch_table import batch_table
from photobatch.shown.progress_display import Display, display
from photobatch.shown.terminal import print_json, print_table
from photobatch.sync import Batch as HeldBatch
from photobatch.uploads import Refused


@dataclass(slots=True)
class Followed:
    """A followed batch, and its outcome so far."""

    held: HeldBatch
    url: str | None  # as on the command line, to show it again
    refused: tuple[Refused, ...] = ()
    batch: Batch | None = None
    failed: dict[int, Photo] = field(default_factory=dict)
    files: list[Path] | None = None
    not_taken: dict[str, int] = field(default_factory=dict)  # files of folders that are no photos, by extension

    def to_the_end(self, out: Path | None, back: str, *, as_json: bool) -> int:
        """Follow, download, report; return the exit status. `back` is the command that does the same later."""
        try:
            with display() as shown:
                self.follow(shown)
                if out:
                    self.fetch(out, shown)
        except UnavailableError as error:
            raise RefusalError(f"{sentence_of(error)} A batch goes on there. Come back with: {back}", 3) from error
        return self.report(out, as_json=as_json)

    def follow(self, shown: Display) -> None:
        """Show the batch until it ends. Raises PhotoBatchError."""
        told: set[tuple[int, int]] = set()
        for event in self.held.progress(since=0):
            self.batch = event.batch
            for photo in event.photos:
                self._note(photo, told, shown)
            counts = event.batch.counts
            shown.advance(counts.succeeded + counts.failed + counts.cancelled, counts.total, event.batch)

    def fetch(self, out: Path, shown: Display) -> None:
        """Download the results into a folder. Raises PhotoBatchError, RefusalError."""
        shown.phase(f"fetching into {out}…")
        try:
            self.files = self.held.download(out, on_progress=lambda done, of: shown.count("fetched", done, of))
        except OSError as error:
            where = error.filename or out
            raise RefusalError(
                f"The results cannot be written: {where}: {error.strerror}. "
                f"Fetch them elsewhere: {way_back('fetch', self.held.task_id, url=self.url, out='FOLDER')}"
            ) from error

    def report(self, out: Path | None, *, as_json: bool) -> int:
        """Print the answer, and return the exit status."""
        batch = self.batch or self.held.get()
        if as_json:
            print_json(self._as_json(batch))
        else:
            table = batch_table(batch)
            if self.refused:
                table.add_row("refused", str(len(self.refused)))
            if self.not_taken:
                table.add_row("not taken", str(sum(self.not_taken.values())))
            if self.files is not None:
                table.add_row("results", Text(f"{len(self.files)} in {out}"))
            print_table(table)
        return exit_code(batch, len(self.refused))

    def _note(self, photo: Photo, told: set[tuple[int, int]], shown: Display) -> None:
        """Keep the failures, and show each only once."""
        if photo.status is not PhotoStatus.FAILED:
            self.failed.pop(photo.index, None)
            return
        self.failed[photo.index] = photo
        if (photo.index, photo.attempts) not in told and photo.error is not None:
            told.add((photo.index, photo.attempts))
            shown.failure(photo.name, photo.error.code, photo.error.message)

    def _as_json(self, batch: Batch) -> dict[str, Any]:
        return {
            "task_id": batch.task_id,
            "batch": batch.model_dump(mode="json"),
            "failed": [failure_as_json(photo) for _, photo in sorted(self.failed.items())],
            "refused": [refused_as_json(refused) for refused in self.refused],
            "not_taken": self.not_taken,
            "files": None if self.files is None else [str(path) for path in self.files],
        }
