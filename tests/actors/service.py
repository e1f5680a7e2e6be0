"""A coordinator and its workers on the Ray of this process, for tests."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import ray

from actors import directory, launch
from actors.client import CoordinatorClient
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

Answer = TypeVar("Answer")


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
        self.coordinator = CoordinatorClient(self.config.namespace, patience_s=60.0, answer_s=30.0)

    def start(self) -> "Service":
        launch.start_coordinator(self.config)
        return self

    def ask(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        """Wait for the coordinator's answer to a call of `coordinator`, also while it is being restarted."""
        return asyncio.run(call)

    def get(self, task_id: str) -> Json:
        return self.ask(self.coordinator.get(task_id))

    def control(self, task_id: str, action: str) -> Json:
        return self.ask(self.coordinator.control(task_id, action))

    def stats(self) -> Json:
        return self.ask(self.coordinator.stats())

    def greet(self) -> Json:
        return self.ask(self.coordinator.greet())

    def submit_known(self) -> str:
        """Hand in a photo whose file is there already."""
        photo = PhotoSpec(next(self.folder.glob("*.txt")).as_uri(), "known.txt")
        spec = BatchSpec(new_id("b"), "ann", preset={}, output={})
        return self.ask(self.coordinator.submit(spec, [photo]))["task_id"]

    def submit(self, *scripts: str, user: str = "ann", **spec: Any) -> str:
        """Hand in photos whose bytes are these scripts."""
        photos = []
        for number, script in enumerate(scripts):
            path = self.folder / f"{new_id('p')}.txt"
            path.write_text(f"{number} {script}")
            photos.append(PhotoSpec(path.as_uri(), path.name))
        spec = BatchSpec(new_id("b"), user, output={}, **{"preset": {}, **spec})
        return self.ask(self.coordinator.submit(spec, photos))["task_id"]

    def submit_photos(self, spec: BatchSpec, params: list[Json | None]) -> str:
        """Hand in a batch of photos with these parameters of their own."""
        path = self.folder / "photo.txt"
        path.write_text("photo")
        photos = [PhotoSpec(path.as_uri(), path.name, each) for each in params]
        return self.ask(self.coordinator.submit(spec, photos))["task_id"]

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
            lambda: (batch := self.get(task_id))["status"] in over and batch,
            f"{task_id} to end",
            patience_s,
        )

    def photos(self, task_id: str) -> list[Json]:
        return self.ask(self.coordinator.photos(task_id, None, 1000, None))["items"]

    def pids(self) -> dict[str, int]:
        """Process ids: of each living worker by its name, as it says itself, and of the coordinator."""
        asked = {name: handle.pid.remote() for name, handle in directory.living_workers(self.config.namespace).items()}
        told = {"coordinator": self.greet()["pid"]}
        for name, answer in asked.items():
            with suppress(ray.exceptions.RayActorError):  # it has just died
                told[name] = ray.get(answer, timeout=30)
        return told

    def ready(self, count: int = 2) -> dict[str, int]:
        """Wait for so many warm workers, and none that is about to go; return process ids."""

        def warm() -> dict[str, int] | None:
            known = self.greet()["workers"]
            pids = self.pids() if known["ready"] + known["busy"] == count else {}
            return pids if len(pids) == count + 1 else None

        return self.until(warm, "workers")

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
