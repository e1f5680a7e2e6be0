"""Whatever happens in whatever order: the sweeper removes nothing that somebody may still ask for, and all the rest."""

import asyncio
import math
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from actors.batches.batch import Batch
from actors.batches.events import (
    BatchEvent,
    Cancelled,
    Leased,
    Paused,
    Reported,
    Resumed,
    Retried,
    Returned,
    contents,
)
from actors.batches.ledger import Ledger
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.sweeper import Sweeper
from actors.coordinator.upload_budget import UploadBudget
from actors.messages.ids import made_at, new_id
from actors.messages.records import BatchSpec, LeaseKey, Outcome, PhotoSpec
from actors.photos.report import Report
from actors.photos.states import ENDED
from actors.pool.config import Gpus
from actors.pool.demand import Elastic
from actors.worker.config import WorkerConfig
from models.codec.header import Limits
from storage.blobs import open_blobs
from storage.keys import result_key, upload_key
from storage.sqlite import SqliteJournal

TTL_S, UPLOAD_TTL_S = 1000.0, 500.0
RESULT = {"format": "jpeg", "thumbnail": False, "original": False, "input_sha256": "00"}


class SweeperMachine(RuleBasedStateMachine):
    """Plays ingress, workers and time around a real ledger, journal and blob store."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.blobs = open_blobs((Path(self.folder.name) / "blobs").as_uri())
        self.later = 0.0  # seconds that have passed besides the real ones
        self.uploads: list[str] = []
        self.stored: dict[LeaseKey, str] = {}  # in flight, and stored already
        self.results: dict[tuple[str, int], str] = {}  # published
        self.start()

    def start(self) -> None:
        journal = partial(SqliteJournal, Path(self.folder.name) / "journal.db")
        worker = WorkerConfig(lambda: self.blobs, lambda: None, Limits(), timeout_s=60.0)  # type: ignore[arg-type,return-value]
        config = CoordinatorConfig(
            open_journal=journal,
            open_blobs=lambda: self.blobs,
            worker=worker,
            elastic=Elastic(2, 2),
            gpus=Gpus(),
            max_queue=9,
            max_queued_photos=99,
            max_photos=99,
            retry_count=3,
            result_ttl_s=TTL_S,
            version="test",
            upload_ttl_s=UPLOAD_TTL_S,
        )

        async def opened() -> None:
            self.ledger = Ledger(journal(), self.failed)
            self.sweeper = Sweeper(
                config,
                self.ledger,
                self.blobs,
                UploadBudget(None, lambda: None),
                lambda batch: self.ledger.condemn(batch, config.late_s),
            )

        self.runner.run(opened())

    def failed(self, error: Exception) -> None:
        raise error

    def run(self, coroutine: Any) -> None:
        async def whole() -> None:
            await coroutine
            await self.ledger.durable()

        self.runner.run(whole())

    def record(self, batch: Batch, event: BatchEvent) -> None:
        async def told() -> None:
            self.ledger.record(batch, event)

        self.run(told())

    def whole(self, batch: Batch) -> Batch:
        """The batch, or one with its photos while they are in the journal only."""
        return self.runner.run(self.ledger.archive.whole(batch))

    def pick(self, data: st.DataObject) -> Batch:
        return data.draw(st.sampled_from(list(self.ledger.batches.values())))

    @property
    def now(self) -> float:
        return time.time() + self.later

    @precondition(lambda self: len(self.uploads) < 3)
    @rule()
    def upload(self) -> None:
        upload_id = new_id("u", self.now)
        self.uploads.append(upload_id)
        self.run(self.blobs.put(upload_key(upload_id), b"photo"))

    @precondition(lambda self: len(self.ledger.batches) < 2)
    @rule(data=st.data())
    def submit(self, data: st.DataObject) -> None:
        task_id = new_id("b", self.now)
        there = [name for name in self.uploads if self.there(upload_key(name))]
        named = data.draw(st.lists(st.sampled_from(there), max_size=2)) if there else []
        photos = [PhotoSpec(f"upload:{name}", name) for name in named] + [PhotoSpec("https://a.org/b.jpg", "b.jpg")]

        async def made() -> None:
            self.ledger.create(BatchSpec(task_id, "ann", {}, {}), contents(photos))

        self.run(made())

    @precondition(lambda self: self.ledger.open)
    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        """Lease a photo; its worker gets anything done between nothing and a report."""
        batch = self.pick(data)
        if not batch.leasable(time.time()):
            return
        (index,) = batch.pick(1)
        key = LeaseKey(batch.spec.task_id, index, batch.attempt[index] + 1)
        self.record(batch, Leased("w", [(index, key.attempt)], alone=False))
        far = data.draw(st.sampled_from(["leased", "stored", "reported", "died", "failed"]))
        if far in {"stored", "reported", "died"}:
            self.stored[key] = result_key(*key.place, "jpg")
            self.run(self.blobs.put(self.stored[key], b"result"))
        if far == "reported":
            self.record(batch, Reported([Report.of(Outcome(key, RESULT), None)]))
            self.results[batch.spec.task_id, index] = self.stored.pop(key)
        elif far == "failed":
            error = {"code": "corrupt", "message": "…", "retryable": False}
            self.record(batch, Reported([Report.of(Outcome(key, error=error), None)]))
        elif far == "died":
            self.record(batch, Returned([(index, key.attempt)], late=data.draw(st.sampled_from([0.0, 90.0]))))

    @precondition(lambda self: self.ledger.batches)
    @rule(data=st.data(), action=st.sampled_from(["paused", "resumed", "cancelled", "retried", "deleted"]))
    def steer(self, data: st.DataObject, action: str) -> None:
        batch = self.pick(data)
        if action == "deleted":
            self.delete(batch)
        elif action == "retried" and batch.state in ENDED and batch.counts[3] + batch.counts[4]:
            self.run(self.ledger.restore(batch))
            self.record(batch, Retried())
        elif action == "cancelled" and batch.state not in ENDED:
            self.record(batch, Cancelled(late=90.0))
        elif action in {"paused", "resumed"} and batch.state not in ENDED:
            self.record(batch, Paused() if action == "paused" else Resumed())

    def delete(self, batch: Batch) -> None:
        async def condemned() -> None:
            self.ledger.condemn(batch, 90.0)

        self.run(condemned())

    @rule()
    def photos_leave_memory(self) -> None:
        self.run(self.ledger.put_away(math.inf))
        assert not self.ledger.recent

    @rule(seconds=st.sampled_from([10.0, 100.0, 600.0, 8 * 86_400.0]))
    def time_passes(self, seconds: float) -> None:
        self.later += seconds

    @rule()
    def the_coordinator_dies(self) -> None:
        self.ledger.close()
        self.start()

    @rule()
    def sweep(self) -> None:
        now = self.now
        due = {
            LeaseKey(name, *stray): self.stored.get(LeaseKey(name, *stray))
            for name, batch in self.ledger.batches.items()
            for stray, at in batch.strays.items()
            if at <= now
        }
        over = {
            name
            for name, batch in self.ledger.batches.items()
            if (expires := batch.expires_at(TTL_S)) is not None and expires <= now
        }
        self.run(self.sweeper.sweep(now))
        self.run(self.sweeper.sweep_orphans(now))
        assert set(self.ledger.batches) & over == set(), "an expired batch is still there"
        live = self.ledger.batches
        for (task_id, index), key in self.results.items():
            if task_id in live and self.whole(live[task_id]).photo_state[index] == 2:
                assert self.there(key), f"the sweeper took {key}"
        for key, name in self.stored.items():
            if key.task_id in live and live[key.task_id].holds(key):
                assert self.there(name), f"the sweeper took {name} from under its worker"
        assert not [name for name in due.values() if name and self.there(name)], "a dead attempt's blobs are there"
        for upload_id in self.uploads:
            made = made_at(upload_id, "u")
            wanted = any(upload_id in self.whole(batch).uploads() for batch in live.values())
            if wanted:
                assert self.there(upload_key(upload_id)), "an upload that a batch needs is gone"
            assert made is not None
            if made + UPLOAD_TTL_S < now and not wanted:
                assert not self.there(upload_key(upload_id)), "an unused upload was kept"

    def there(self, key: str) -> bool:
        path = self.blobs.local_path(key)
        return path is not None and path.is_file()

    def teardown(self) -> None:
        """In the end, when all is over, nothing is left."""
        for batch in list(self.ledger.batches.values()):
            self.delete(batch)
        for far in (10 * TTL_S, 20 * TTL_S):
            self.run(self.sweeper.sweep(self.now + far))
            self.run(self.sweeper.sweep_orphans(self.now + far))
        assert [p for p in (Path(self.folder.name) / "blobs").rglob("*") if p.is_file()] == []
        assert (self.ledger.batches, self.ledger.condemned) == ({}, {})
        self.ledger.close()
        self.runner.close()
        self.folder.cleanup()


TestSweeper = SweeperMachine.TestCase
TestSweeper.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
