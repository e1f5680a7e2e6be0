"""Content reuse: a photo with the same bytes and recipe as an earlier one is not computed again."""

import asyncio
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from actors.batches.batch import Batch
from actors.batches.states import ENDED, PhotoState
from actors.messages.records import Done, Json, LeaseKey

AT_ONCE = 200  # reports that are read before other tasks run: about two milliseconds

_Recipe = tuple[str, str]  # user, and a digest of what is done to each photo


@dataclass(slots=True)
class _Index:
    """The photos of ended batches of one recipe, by their bytes; about 150 bytes each."""

    places: dict[bytes, tuple[Batch, int]] = field(default_factory=dict)
    read: set[tuple[str, float | None]] = field(default_factory=set)  # batches in it, by id and end
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class Reuse:
    """Finds photos of ended batches by their bytes, for the same user, preset and output.

    The earlier results belong to the ended batches and are removed with them. Only a recipe that comes a second time is
    indexed, so most photos cost no memory for this.
    """

    def __init__(self, batches: Iterable[Batch], *, on: bool) -> None:
        self._on = on
        self._made: dict[_Recipe, list[Batch]] = {}
        self._indexes: dict[_Recipe, _Index] = {}
        for batch in batches:
            self.made(batch)

    def made(self, batch: Batch) -> None:
        """Take a batch in."""
        if self._on:
            self._made.setdefault(_recipe(batch), []).append(batch)

    def forget(self, batch: Batch) -> None:
        """Drop a removed batch."""
        if not self._on:
            return
        recipe = _recipe(batch)
        made, index = self._made[recipe], self._indexes.get(recipe)
        oldest = made[0] is batch
        made.remove(batch)
        if not made:
            del self._made[recipe]
        if index and oldest and made:  # the usual case, since batches expire in their order
            index.places = {content: place for content, place in index.places.items() if place[0] is not batch}
            index.read = {name for name in index.read if name[0] != batch.spec.task_id}
        else:  # an earlier batch may have the same photos: read all again
            self._indexes.pop(recipe, None)

    def knows(self, batch: Batch) -> bool:
        """Say whether this batch's recipe was carried out before, so that asking is worth it."""
        return self._on and any(earlier.state in ENDED for earlier in self._made.get(_recipe(batch), []))

    async def find(self, batch: Batch, index: int, engine: str, sha256: str) -> Done | None:
        """Return an earlier photo with these bytes, parameters and engine; None when there is none."""
        recipe = _recipe(batch)
        known = self._indexes.setdefault(recipe, _Index())
        await self._read(recipe, known)
        earlier, place = known.places.get(_content(batch, index, sha256), (None, 0))
        if earlier is None or earlier.photo_state[place] != PhotoState.SUCCEEDED:  # it was retried since
            return None
        report = earlier.report(place)
        if report is None or report.result is None:
            return None
        if report.engine != engine or report.result["input_sha256"] != sha256:
            return None
        return Done(LeaseKey(earlier.spec.task_id, place, report.attempt), report.result, report.notes)

    async def _read(self, recipe: _Recipe, known: _Index) -> None:
        """Index the batches that have ended since the last call."""
        async with known.reading:
            for earlier in list(self._made.get(recipe, [])):
                name = earlier.spec.task_id, earlier.finished_at  # a retried batch is read again
                if earlier.state not in ENDED or name in known.read:
                    continue
                known.read.add(name)
                for count, place in enumerate(list(earlier.indices(PhotoState.SUCCEEDED, 0)), 1):
                    report = earlier.report(place)
                    if name in known.read and report and report.result:  # neither deleted nor retried meanwhile
                        known.places[_content(earlier, place, report.result["input_sha256"])] = earlier, place
                    if count % AT_ONCE == 0:
                        await asyncio.sleep(0)


def _content(batch: Batch, index: int, sha256: str) -> bytes:
    """Return the index key of a photo: its bytes and its own parameters."""
    named = f"{sha256}{json.dumps(batch.photos[index].params, sort_keys=True)}"
    return hashlib.blake2b(named.encode(), digest_size=16).digest()


def _recipe(batch: Batch) -> _Recipe:
    spec = batch.spec
    output: Json = {name: value for name, value in spec.output.items() if name != "name"}
    return spec.user_id, json.dumps([spec.preset, output, spec.thumbnails], sort_keys=True)
