"""A coordinator and its workers on the Ray of this process, for tests."""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import ray

from actors import directory, launch
from actors.client import GONE
from actors.coordinator.config import CoordinatorConfig
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, Json, PhotoSpec
from actors.pool.config import Gpus
from actors.pool.demand import Elastic
from actors.sources.fetch import Roots
from actors.worker.config import WorkerConfig
from models.codec.header import Limits
from storage import position
from storage.blobs import Blobs, open_blobs
from storage.sqlite import SqliteJournal
from tests.actors.scripted import ScriptedRetoucher


class Service:
    """A coordinator and its workers, and what a test wants to ask of them."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder
        self.log = folder / "log.txt"
        self.blobs: Blobs = open_blobs((folder / "blobs").as_uri())
        worker = {"timeout_s": changes.pop("timeout_s", 60.0), "orphaned_s": changes.pop("orphaned_s", 60.0)}
        self.config = CoordinatorConfig(
            open_journal=changes.pop("open_journal", partial(SqliteJournal, folder / "journal.db")),
            open_blobs=partial(open_blobs, self.blobs.url),
            worker=WorkerConfig(
                open_blobs=changes.pop("worker_blobs", partial(open_blobs, self.blobs.url)),
                make_retoucher=changes.pop("make_retoucher", partial(ScriptedRetoucher, self.log)),
                limits=Limits(),
                roots=Roots((str(folder),), changes.pop("source_urls", ())),
                **worker,
            ),
            **{
                "elastic": Elastic(*(changes.pop("max_workers", 2),) * 2),
                "gpus": Gpus(),
                "max_queue": 100,
                "max_queued_photos": 10_000,
                "max_photos": 1000,
                "retry_count": 3,
                "result_ttl_s": 60.0,
                "version": "test",
                "namespace": new_id("test"),
            }
            | changes,
        )

    def start(self) -> "Service":
        launch.start_coordinator(self.config)
        return self

    def ask(self, method: str, *args: Any) -> Any:
        """Call the coordinator, also one that is being restarted."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return ray.get(
                    getattr(directory.find_coordinator(self.config.namespace), method).remote(*args), timeout=30
                )
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except GONE:
                assert time.monotonic() < deadline, "no coordinator answers"
                time.sleep(0.05)

    def submit_known(self) -> str:
        """Hand in a photo whose file is there already."""
        photo = PhotoSpec(next(self.folder.glob("*.txt")).as_uri(), "known.txt")
        return self.ask("submit", BatchSpec(new_id("b"), "ann", preset={}, output={}), [photo])["task_id"]

    def submit(self, *scripts: str, user: str = "ann", **spec: Any) -> str:
        """Hand in photos whose bytes are these scripts."""
        photos = []
        for number, script in enumerate(scripts):
            path = self.folder / f"{new_id('p')}.txt"
            path.write_text(f"{number} {script}")
            photos.append(PhotoSpec(path.as_uri(), path.name))
        spec = BatchSpec(new_id("b"), user, output={}, **{"preset": {}, **spec})
        return self.ask("submit", spec, photos)["task_id"]

    def submit_photos(self, spec: BatchSpec, params: list[Json | None]) -> str:
        """Hand in a batch of photos with these parameters of their own."""
        path = self.folder / "photo.txt"
        path.write_text("photo")
        photos = [PhotoSpec(path.as_uri(), path.name, each) for each in params]
        return self.ask("submit", spec, photos)["task_id"]

    def result(self, task_id: str, index: int) -> bytes:
        """The bytes of a result."""
        key = next(photo["result"]["key"] for photo in self.photos(task_id) if photo["index"] == index)
        return (self.folder / "blobs" / key).read_bytes()

    def until(self, condition: Callable[[], Any], what: str, patience_s: float = 40.0) -> Any:
        """Wait for a condition and return what it gave."""
        deadline = time.monotonic() + patience_s
        while not (found := condition()):
            assert time.monotonic() < deadline, f"waited {patience_s} s for {what}"
            time.sleep(0.02)
        return found

    def ended(self, task_id: str, patience_s: float = 40.0) -> Json:
        """Wait for a batch to end and return it."""
        over = {"completed", "failed", "cancelled"}
        return self.until(
            lambda: (batch := self.ask("get", task_id))["status"] in over and batch,
            f"{task_id} to end",
            patience_s,
        )

    def photos(self, task_id: str) -> list[Json]:
        return self.ask("photos", task_id, None, 1000, None)["items"]

    def pids(self) -> dict[str, int]:
        return self.ask("worker_pids")

    def ready(self, count: int = 2) -> dict[str, int]:
        """Wait for warm workers; return process ids."""
        self.until(lambda: sum(self.ask("greet")["workers"][s] for s in ("ready", "busy")) == count, "workers")
        return self.pids()

    def lines(self, word: str) -> list[str]:
        """What the workers logged: lines with this word."""
        text = self.log.read_text() if self.log.exists() else ""
        return [line for line in text.splitlines() if line.split()[1] == word]

    def stored(self) -> list[str]:
        """The blobs of batches and uploads; a journal in Redis keeps its position beside them."""
        root = self.folder / "blobs"
        found = []
        for folder, _, names in os.walk(root):  # bears folders that vanish
            found += [str(Path(folder, name).relative_to(root)) for name in names]
        return sorted(name for name in found if name != position.KEY)
