"""Content reuse: a photo with the same bytes and recipe as an earlier one is not computed again."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from actors.batches.batch import Batch
from actors.batches.hash_index import HashIndex, key_of
from actors.messages.errors import BatchError
from actors.messages.records import Done, Json, LeaseKey
from actors.photos.states import ENDED, PhotoState

log = logging.getLogger(__name__)

AT_ONCE = 200  # reports that are read before other tasks run: about two milliseconds
PATIENCE_S = 2.0  # after which nobody waits for earlier batches that are still being read
MOST_AWAY = 1_000_000  # photos of a recipe that are read from the journal to be indexed: those of the newest batches

_Recipe = tuple[str, str]  # user, and a digest of what is done to each photo


@dataclass(slots=True)
class _Index:
    """The photos of ended batches of one recipe, by their bytes; 16 bytes each."""

    places: HashIndex[Batch] = field(default_factory=HashIndex)
    waiting: dict[Batch, None] = field(default_factory=dict)  # batches that are not in it, oldest first
    reading: asyncio.Task[None] | None = None
    begun: float = 0.0


class Reuse:
    """Finds photos of ended batches by their bytes, for the same user, preset and output.

    The earlier results belong to the ended batches and are removed with them. Only a recipe that comes a second time is
    indexed, so most photos cost no memory for this.
    """

    def __init__(self, batches: Iterable[Batch], whole: Callable[[Batch], Awaitable[Batch]], *, on: bool) -> None:
        """`whole` returns a batch with its photos; see `Archive.whole`."""
        self._on = on
        self._whole = whole
        self._made: dict[_Recipe, list[Batch]] = {}
        self._indexes: dict[_Recipe, _Index] = {}
        for batch in batches:
            self.made(batch)

    def made(self, batch: Batch) -> None:
        """Take a batch in."""
        if self._on:
            recipe = _recipe(batch)
            self._made.setdefault(recipe, []).append(batch)
            if index := self._indexes.get(recipe):
                index.waiting[batch] = None

    def retried(self, batch: Batch) -> None:
        """Note that a batch that had ended goes on: it is indexed again when it ends."""
        if index := self._indexes.get(_recipe(batch)):
            index.waiting[batch] = None

    def forget(self, batch: Batch) -> None:
        """Drop a removed batch."""
        if not self._on:
            return
        recipe = _recipe(batch)
        self._made[recipe].remove(batch)
        if index := self._indexes.get(recipe):
            index.places.drop(batch)
            index.waiting.pop(batch, None)
        if not self._made[recipe]:
            del self._made[recipe]
            self._indexes.pop(recipe, None)

    def knows(self, batch: Batch) -> bool:
        """Say whether this batch's recipe was carried out before, so that asking is worth it."""
        return self._on and any(earlier.state in ENDED for earlier in self._made.get(_recipe(batch), []))

    async def find(self, batch: Batch, index: int, engine: str, sha256: str) -> Done | None:
        """Return an earlier photo with these bytes, parameters and engine; None when there is none.

        Earlier batches are indexed first, which takes long if many of them must be read from the journal. Then they
        are found later.
        """
        recipe = _recipe(batch)
        known = self._indexes.get(recipe)
        if known is None:
            known = self._indexes[recipe] = _Index(waiting=dict.fromkeys(self._made.get(recipe, [])))
        if known.reading is None or known.reading.done():
            known.begun = time.monotonic()
            known.reading = asyncio.ensure_future(self._read(known))
        await asyncio.wait({known.reading}, timeout=max(0.0, known.begun + PATIENCE_S - time.monotonic()))
        params = (await self._whole(batch)).params_of(index)
        found = known.places.find(_content(params, sha256))
        for earlier, place in sorted(found, key=lambda one: one[0].created_at, reverse=True):  # it is kept longest
            try:
                done = _done(await self._whole(earlier), place, params, engine, sha256)
            except BatchError:  # its batch is removed, or the journal away: it is computed
                continue
            if done:
                return done
        return None

    async def _read(self, known: _Index) -> None:
        """Index the batches that have ended since the last call."""
        away = 0
        for earlier in list(reversed(known.waiting)):
            if earlier.state in ENDED and earlier in known.waiting:  # not removed meanwhile
                del known.waiting[earlier]
                away += earlier.counts.total() if earlier.away else 0
                if away <= MOST_AWAY:
                    await self._index(earlier, known)

    async def _index(self, earlier: Batch, known: _Index) -> None:
        end = earlier.finished_at
        try:
            whole = await self._whole(earlier)
        except BatchError as error:
            log.warning("photos cannot be reused: %s", error, extra={"batch": earlier.spec.task_id})
            return
        keys: list[int] = []
        places: list[int] = []
        for count, place in enumerate(list(whole.indices(PhotoState.SUCCEEDED, 0)), 1):
            report = whole.report(place)
            if report and report.result:
                keys.append(_content(whole.params_of(place), report.result["input_sha256"]))
                places.append(place)
            if count % AT_ONCE == 0:
                await asyncio.sleep(0)
        if earlier.finished_at == end and earlier.deleted_at is None:  # neither retried nor removed meanwhile
            known.places.drop(earlier)
            known.places.add(earlier, np.array(keys, np.uint64), np.array(places, np.uint64))


def _done(earlier: Batch, place: int, params: Json | None, engine: str, sha256: str) -> Done | None:
    """Return a photo of a batch, if it has succeeded with these bytes and parameters and this engine."""
    report = earlier.report(place) if earlier.photo_state[place] == PhotoState.SUCCEEDED else None
    if report is None or report.result is None:
        return None
    if earlier.params_of(place) != params:  # it was adjusted since
        return None
    if report.engine != engine or report.result["input_sha256"] != sha256:
        return None
    return Done(LeaseKey(earlier.spec.task_id, place, report.attempt), report.result, report.notes)


def _content(params: Json | None, sha256: str) -> int:
    """Return the index key of a photo: its bytes and its own parameters."""
    return key_of(f"{sha256}{json.dumps(params, sort_keys=True)}")


def _recipe(batch: Batch) -> _Recipe:
    spec = batch.spec
    output: Json = {name: value for name, value in spec.output.items() if name != "name"}
    return spec.user_id, json.dumps([spec.preset, output, spec.thumbnails], sort_keys=True)
