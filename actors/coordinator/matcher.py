"""Matches the light of a batch once all its photos are analysed."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from actors.batches.batch import Batch
from actors.batches.events import Matched
from actors.coordinator.dispatch import Dispatch
from actors.messages.records import Json

log = logging.getLogger(__name__)

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Matcher:
    """Matches batches, each in a thread: ten thousand photos take two seconds."""

    def __init__(self, dispatch: Dispatch, spawn: Spawn) -> None:
        self._dispatch = dispatch
        self._spawn = spawn
        self._at_work: set[str] = set()

    def tick(self, batches: Iterable[Batch]) -> None:
        """Begin with those whose photos are all analysed: since a restart, or since no more photos can come."""
        for batch in batches:
            self.begin(batch)

    def begin(self, batch: Batch) -> None:
        """Match a batch, if its photos are all analysed."""
        task_id = batch.spec.task_id
        if batch.awaits_match and task_id not in self._at_work:
            self._at_work.add(task_id)
            self._spawn(self._match(batch))

    async def _match(self, batch: Batch) -> None:
        lights = dict(batch.matching.lights)
        try:
            shifts = await asyncio.to_thread(_shifts, lights, batch.consistency or 0.0)
        except Exception:  # a bug of ours must not hold up the batch
            log.exception("the light of %s is not matched", batch.spec.task_id)
            shifts = {}
        finally:
            self._at_work.discard(batch.spec.task_id)
        known = batch.matching.waiting <= lights.keys()  # else a retry has brought more; the next tick matches all
        if known and batch.awaits_match and batch.deleted_at is None:
            rows = [(index, shifts.get(index)) for index in sorted(batch.matching.waiting)]
            self._dispatch.record(batch, Matched(rows))
            self._dispatch.wake()


def _shifts(lights: dict[int, bytes], strength: float) -> dict[int, Json]:
    """Return the shift of each photo for which something is to be done."""
    from models.shoot import Light, match  # noqa: PLC0415 - numpy, where it is asked for

    indices = sorted(lights)
    shifts = match([Light.from_json(json.loads(lights[index])) for index in indices])
    scaled = [shift.scaled(strength) for shift in shifts]
    return {index: shift.to_json() for index, shift in zip(indices, scaled, strict=True) if not shift.neutral}
