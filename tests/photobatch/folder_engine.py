"""An engine without Ray that copies photos: the contract of `installed.Engine`, small enough to read."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from photobatch import schemas
from photobatch.engine.installed import Server


class FolderError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class FolderEngine:
    """One photo a message; an empty file fails; `seconds_a_photo` slows it down, `start_s` the start."""

    seconds_a_photo = 0.0
    start_s = 0.0
    refuses: tuple[str, str] | None = None
    breaks_at: int | None = None

    def __init__(self, data_dir: Path, *, workers: int | None, file_roots: list[Path]) -> None:
        self.data_dir = data_dir
        self.file_roots = file_roots
        self.closed = False
        self.cancelled = False
        self.sources: list[Path] = []

    def __enter__(self) -> Self:
        (self.data_dir / "journal").write_text("started")
        time.sleep(self.start_s)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True

    def submit(self, request: schemas.SubmitRequest) -> str:
        if self.refuses:
            raise FolderError(*self.refuses)
        self.sources = [Path(unquote(urlsplit(source).path)) for source in request.image_urls]
        assert all(any(s.is_relative_to(root) for root in self.file_roots) for s in self.sources)
        return "task"

    def watch(self, task_id: str) -> Iterator[schemas.ProgressMessage]:
        yield self._message("progress", [])
        yield schemas.ProgressMessage(type="ping")
        for index, source in enumerate(self.sources):
            if index == self.breaks_at:
                raise FolderError("coordinator_lost", "The coordinator is gone.")
            if self.cancelled:
                break
            time.sleep(self.seconds_a_photo)
            photo = self._done(index, source)
            yield self._message("progress", [photo])
            yield self._message("progress", [photo])  # told twice, counted once
        yield self._message("done", [])

    def take(self, task_id: str, index: int, destination: Path) -> None:
        destination.parent.mkdir(parents=True, exist_ok=True)
        (self.data_dir / str(index)).replace(destination)

    def cancel(self, task_id: str) -> None:
        self.cancelled = True

    def memory(self) -> int:
        return 1 << 20

    def _done(self, index: int, source: Path) -> schemas.Photo:
        told: dict[str, Any] = {"index": index, "name": source.name, "source": source.as_uri(), "attempts": 1}
        if not (source.is_file() and source.stat().st_size):
            error = schemas.PhotoError(code="empty_file", message="The file is empty.", retryable=False)
            return schemas.Photo(**told, status=schemas.PhotoStatus.FAILED, error=error)
        shutil.copyfile(source, self.data_dir / str(index))
        result = schemas.PhotoResult(
            url="", thumbnail_url="", width=1000, height=1000, bytes=1, format="jpeg", sha256=""
        )
        status = schemas.PhotoStatus.SUCCEEDED
        return schemas.Photo(**told, status=status, result=result, engine="copy", notes=["no_face"])

    def _message(self, kind: Any, photos: list[schemas.Photo]) -> schemas.ProgressMessage:
        return schemas.ProgressMessage(type=kind, version=1, batch=batch_of(len(self.sources)), photos=photos)


def batch_of(total: int, **changes: Any) -> schemas.Batch:
    fields: dict[str, Any] = {
        "task_id": "task",
        "user_id": "anonymous",
        "status": "processing",
        "preset": {"id": "beauty_light", "type": "beauty", "version": 1, "params": {}},
        "output": schemas.OutputOptions(),
        "priority": 5,
        "metadata": {},
        "created_at": datetime.now(UTC),
        "started_at": None,
        "finished_at": None,
        "expires_at": None,
        "counts": dict.fromkeys(("queued", "processing", "succeeded", "failed", "cancelled"), 0) | {"total": total},
        "progress": 0.0,
        "photos_per_s": None,
        "eta_s": None,
        "eta_low_s": None,
        "eta_high_s": None,
        "version": 1,
    }
    return schemas.Batch.model_validate(fields | changes)


def server(**changes: Any) -> Server:
    """A server whose engines are FolderEngines with these class attributes."""
    return Server(type("Engine", (FolderEngine,), changes), FolderError)
