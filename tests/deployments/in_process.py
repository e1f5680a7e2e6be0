"""The real coordinator in this process, without Ray: it has no workers, and tests report for them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from actors.batches.events import Leased, Reported
from actors.client import CoordinatorClient
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.coordinator import Coordinator
from actors.messages.errors import BatchError
from actors.messages.records import Json, LeaseKey, Outcome
from actors.photos.report import Report
from actors.pool.config import Gpus
from actors.pool.demand import Elastic
from actors.pool.worker_record import WorkerRecord, WorkerState
from actors.worker.config import WorkerConfig
from models.codec.header import Limits
from storage.blobs import Blobs, open_blobs
from storage.errors import StorageError
from storage.sqlite import SqliteJournal


class InProcess(Coordinator):
    """`client` is how the application reaches it; `down` makes it one that nobody reaches."""

    def __init__(self, folder: Path, blobs: Blobs, **changes: Any) -> None:
        worker = WorkerConfig(lambda: blobs, lambda: None, Limits(), timeout_s=60.0)  # type: ignore[arg-type,return-value]
        settings = {
            "elastic": Elastic(0, 0),
            "gpus": Gpus(),
            "max_queue": 5,
            "max_queued_photos": 10_000,
            "max_photos": 1000,
            "retry_count": 3,
            "result_ttl_s": 60.0,
            "version": "test",
        } | changes
        journal = partial(SqliteJournal, folder / "journal.db")
        super().__init__(CoordinatorConfig(open_journal=journal, open_blobs=lambda: blobs, worker=worker, **settings))
        self._ledger._fail = self._note_failure  # the real one would end the process, which is that of the tests
        self._shut = False
        self._failure: StorageError | None = None
        self.down = False
        self.asked: list[str] = []
        self.client = InProcessClient(self)

    async def _live(self) -> None:
        self._open.set()

    def work(
        self, task_id: str, *indices: int, error: Json | None = None, again: float | None = None, **result: Any
    ) -> None:
        """Lease these photos and report them; what failed may be tried again from `again` on."""
        batch = self._ledger.get(task_id)
        attempts = [(index, batch.attempt[index] + 1) for index in indices]
        self._dispatch.record(batch, Leased("w1", attempts, alone=False))
        done = {"width": 4, "height": 3, "bytes": 5, "format": "jpeg", "sha256": "ab" * 32}
        done |= {"thumbnail": True, "original": False, "input_sha256": "cd" * 32} | result
        outcomes = [
            Outcome(LeaseKey(task_id, *attempt), result=None if error else done, error=error, engine="test")
            for attempt in attempts
        ]
        self._dispatch.record(batch, Reported([Report.of(outcome, again) for outcome in outcomes]))

    async def sweep(self, later_s: float = 0.0) -> None:
        """Let the sweeper pass, so many seconds from now."""
        await self._sweeper.sweep(time.time() + later_s)
        await self._sweeper.sweep_orphans(time.time() + later_s)

    def employ(self) -> None:
        """Have a warm worker."""
        self._supervisor.pool.add(WorkerRecord("w1", None, state=WorkerState.READY))

    def shut(self) -> None:
        """Close the journal. What goes on, calls to dead hosts say, can record nothing any more, and that is fine."""
        assert self._failure is None, self._failure
        self._shut = True
        self._ledger.close()

    def _note_failure(self, error: StorageError) -> None:
        if not self._shut:
            self._failure = error


class InProcessClient(CoordinatorClient):
    """The client without Ray."""

    def __init__(self, coordinator: InProcess) -> None:
        super().__init__("nowhere")
        self._coordinator = coordinator

    async def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        self._coordinator.asked.append(method)
        if self._coordinator.down:
            raise BatchError("unavailable", "The service is restarting; try again in a few seconds.", 5.0)
        return await getattr(self._coordinator, method)(*args, **kwargs)


def blobs_in(folder: Path) -> Blobs:
    return open_blobs((folder / "blobs").as_uri())


@asynccontextmanager
async def served(api: Any) -> AsyncIterator[str]:
    """Serve an application on a free port of the loopback; yields host:port."""
    server = uvicorn.Server(uvicorn.Config(api, port=0, lifespan="off", log_level="warning"))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    loop = asyncio.ensure_future(server.main_loop())
    try:
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"{host}:{port}"
    finally:
        server.should_exit = server.force_exit = True
        await loop
        await server.shutdown()
