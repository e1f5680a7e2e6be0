"""Feeds: changes of a batch, fetched once for all clients that listen."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from actors.messages.coordinator_api import CoordinatorApi
from actors.messages.errors import BatchError
from deployments.status.catch_up import CatchUps
from deployments.status.update import Update, read_update

log = logging.getLogger(__name__)

HOLD_S = 10.0  # how long the coordinator may hold one request
SPACING_S = 0.1  # between two updates: at most 10 a second
AGAIN_S = 1.0
PASSING = frozenset({"unavailable", "journal_unavailable", "journal_behind"})  # it restarts, or has no journal


class Listener:
    """One client. Changes while the client is busy are merged into one update; nothing queues."""

    def __init__(self, since: int) -> None:
        self.since = since  # it gets every change after this version
        self._update: Update | None = None
        self._error: BatchError | None = None
        self._bell = asyncio.Event()

    def push(self, update: Update) -> None:
        """Add an update."""
        self._update = self._update.then(update) if self._update else update
        self._bell.set()

    def fail(self, error: BatchError) -> None:
        """End the updates with an error."""
        self._error = error
        self._bell.set()

    async def next(self, patience_s: float) -> Update | None:
        """Return the changes since the last call; None after a silence. Raises BatchError."""
        try:
            async with asyncio.timeout(patience_s):
                await self._bell.wait()
        except TimeoutError:
            return None
        if self._error is not None:
            raise self._error
        update, self._update = self._update, None
        self._bell.clear()
        return update


class _Feed:
    """The watch of one batch, and its listeners."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.listeners: set[Listener] = set()
        self.watch: asyncio.Task[None] | None = None


class Feeds:
    """All batches with listeners: one request to the coordinator at a time for each."""

    def __init__(self, coordinator: CoordinatorApi) -> None:
        self._coordinator = coordinator
        self._feeds: dict[str, _Feed] = {}
        self.catch_ups = CatchUps(coordinator)

    def __len__(self) -> int:
        return len(self._feeds)

    @contextmanager
    def listen(self, task_id: str, version: int) -> Iterator[Listener]:
        """Get every change after `Listener.since`, which is later than `version` if others listen already.

        A caller who has seen less than `since` requests the changes in between: versions, not timing, make it complete.
        """
        feed = self._feeds.get(task_id)
        if feed is None:
            feed = self._feeds[task_id] = _Feed(version)
            feed.watch = asyncio.ensure_future(self._run(task_id, feed))
        listener = Listener(feed.version)
        feed.listeners.add(listener)
        try:
            yield listener
        finally:
            feed.listeners.discard(listener)
            if not feed.listeners:
                self._close(task_id, feed)

    def _close(self, task_id: str, feed: _Feed) -> None:
        if self._feeds.get(task_id) is feed:
            del self._feeds[task_id]
        if feed.watch is not None:
            feed.watch.cancel()

    async def _run(self, task_id: str, feed: _Feed) -> None:
        try:
            while True:
                await self._turn(task_id, feed)
        except BatchError as error:
            failure = error
        except Exception:
            log.exception("watching a batch failed")
            failure = BatchError("internal_error", "Something went wrong here; come back for the rest.")
        self._feeds.pop(task_id, None)
        for listener in feed.listeners:
            listener.fail(failure)

    async def _turn(self, task_id: str, feed: _Feed) -> None:
        try:
            told = await self._coordinator.watch(task_id, feed.version, HOLD_S)
        except BatchError as error:
            if error.code not in PASSING:
                raise
            await asyncio.sleep(AGAIN_S)  # the listeners wait too
            return
        if told is not None:
            update = read_update(told)
            feed.version = update.version
            for listener in feed.listeners:
                listener.push(update)
            await asyncio.sleep(SPACING_S)
