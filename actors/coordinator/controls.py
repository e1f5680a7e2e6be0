"""Controls: pause, resume, cancel, retry, close, rename and adjust. docs/batches.md states their contract."""

import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from actors.batches.batch import Batch
from actors.batches.events import Adjusted, Cancelled, Closed, Paused, Renamed, Resumed, Retried
from actors.batches.views import one_photo
from actors.coordinator.dispatch import Dispatch
from actors.messages.errors import BatchError
from actors.messages.records import Json
from actors.photos.states import ALLOWED, ENDED, OPEN_PHOTOS, PhotoState
from actors.pool.supervisor import Supervisor

Spawn = Callable[[Coroutine[Any, Any, None]], None]
MOST_ATTEMPTS = 1_000  # at a photo, for which it may be adjusted: each is in the journal until the batch is removed


class Controls:
    """Controls batches. Each control is recorded as an event first; telling the workers afterwards only saves work."""

    def __init__(self, dispatch: Dispatch, supervisor: Supervisor, spawn: Spawn, late_s: float) -> None:
        self._dispatch = dispatch
        self._supervisor = supervisor
        self._spawn = spawn
        self._late_s = late_s

    def steer(self, batch: Batch, action: str) -> None:
        """Carry out a control; repeating it changes nothing. Raises BatchError `bad_transition`."""
        if batch.state not in ALLOWED[action]:
            raise BatchError("bad_transition", f"A batch that is {batch.state} cannot be asked to {action}.")
        match action:
            case "pause":
                self._pause(batch)
            case "resume":
                self._resume(batch)
            case "cancel":
                self._cancel(batch)
            case "retry":
                self._retry(batch)
            case "close":
                self.close(batch)

    def close(self, batch: Batch) -> None:
        """Take no more photos."""
        if batch.open:
            self._dispatch.record(batch, Closed())

    def close_forsaken(self, batches: Iterable[Batch], idle_s: float) -> None:
        """Close the open ones to which no photo has come for so long."""
        latest = time.time() - idle_s
        for batch in list(batches):
            if batch.open and batch.grown_at < latest:
                self.close(batch)

    def rename(self, batch: Batch, name: str | None) -> None:
        """Give a batch another name; None: none."""
        if batch.name != name:
            self._dispatch.record(batch, Renamed(name))

    def adjust(self, batch: Batch, index: int, params: Json | None) -> None:
        """Have a photo computed again with these parameters of its own.

        Raises BatchError `photo_active`, `too_many_attempts`, `not_found`. Repeating it changes nothing, while that is
        under way and once it has succeeded.
        """
        photo, state = one_photo(batch, index), batch.photo_state[index]
        going_on = state in OPEN_PHOTOS
        if photo["params"] == params and (going_on or state == PhotoState.SUCCEEDED):
            return
        if going_on:
            detail = f"Photo {index} is {photo['status']}; adjust it when it has ended."
            raise BatchError("photo_active", detail)
        if batch.attempt[index] >= MOST_ATTEMPTS:
            again = f"submit it anew as batch:{batch.spec.task_id}/{index}"
            raise BatchError("too_many_attempts", f"Photo {index} was computed {MOST_ATTEMPTS} times; {again}.")
        self._dispatch.record(batch, Adjusted(index, params))
        self._dispatch.wake()

    def take_back(self, batch: Batch) -> None:
        """Ask workers to return the photos of a batch that they have not begun."""
        self._spawn(self._supervisor.revoke(batch.workers(), batch.spec.task_id, running=False))

    def take_away(self, workers: set[str], task_id: str) -> None:
        """Tell workers to drop all photos of a batch."""
        self._spawn(self._supervisor.revoke(workers, task_id, running=True))

    def _pause(self, batch: Batch) -> None:
        if not batch.paused:
            self._dispatch.record(batch, Paused())
            self.take_back(batch)

    def _resume(self, batch: Batch) -> None:
        if batch.paused:
            self._dispatch.record(batch, Resumed())
            self._dispatch.wake()

    def _cancel(self, batch: Batch) -> None:
        if batch.state in ENDED:
            return
        workers = batch.workers()
        self._dispatch.record(batch, Cancelled(self._late_s))
        self.take_away(workers, batch.spec.task_id)

    def _retry(self, batch: Batch) -> None:
        if batch.counts[PhotoState.FAILED] + batch.counts[PhotoState.CANCELLED] or _unlisted(batch):
            self._dispatch.record(batch, Retried())
            self._dispatch.wake()


def _unlisted(batch: Batch) -> bool:
    """Whether a retry of an ended batch would list more photos below its prefixes."""
    return batch.state in ENDED and batch.listing.incomplete
