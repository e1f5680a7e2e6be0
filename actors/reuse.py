"""Content reuse: a photo that was done before is not computed again."""

import json
from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice

from actors.batch import Batch
from actors.records import Done, Json, LeaseKey
from actors.states import ENDED, PhotoState

INDEXED = 16  # ended batches whose photos are looked up by their bytes: the latest of a recipe matter

_Recipe = tuple[str, str]  # user, and what is done to each photo
_Content = tuple[str, str]  # SHA-256 of a photo's bytes, and parameters of its own


class Reuse:
    """Finds photos of ended batches by their bytes, for the same user, preset and output.

    What was done before lives in the ended batches themselves and goes with them. Only the batches that are asked about
    are indexed by their photos' SHA-256, so a photo costs no memory for the mere chance that it comes again.
    """

    def __init__(self, batches: Iterable[Batch], *, on: bool) -> None:
        self._on = on
        self._made: dict[_Recipe, list[Batch]] = {}
        self._indexes: OrderedDict[tuple[str, float | None], dict[_Content, int]] = OrderedDict()
        for batch in batches:
            self.made(batch)

    def made(self, batch: Batch) -> None:
        """Take a batch in."""
        if self._on:
            self._made.setdefault(_recipe(batch), []).append(batch)

    def forget(self, batch: Batch) -> None:
        """Drop a batch that is gone."""
        if not self._on:
            return
        recipe = _recipe(batch)
        self._made[recipe].remove(batch)
        if not self._made[recipe]:
            del self._made[recipe]
        self._indexes.pop((batch.spec.task_id, batch.finished_at), None)

    def knows(self, batch: Batch) -> bool:
        """Say whether this batch's recipe was carried out before, so that it is worth asking."""
        return bool(self._on and self._ended(batch))

    def find(self, batch: Batch, index: int, engine: str, sha256: str) -> Done | None:
        """Return the photo with these bytes and parameters that the same engine has done; None when there is none."""
        wanted = _content(batch, index, sha256)
        for earlier in self._ended(batch):
            place = self._index(earlier).get(wanted)
            if place is None or earlier.photo_state[place] != PhotoState.SUCCEEDED:
                continue
            report = earlier.report(place)
            if report["engine"] == engine:
                key = LeaseKey(earlier.spec.task_id, place, report["a"])
                return Done(key, report["result"], report["notes"])
        return None

    def _ended(self, batch: Batch) -> list[Batch]:
        """Return the latest ended batches of the same recipe, latest first."""
        made = self._made.get(_recipe(batch), [])
        return list(islice((earlier for earlier in reversed(made) if earlier.state in ENDED), INDEXED))

    def _index(self, batch: Batch) -> dict[_Content, int]:
        name = (batch.spec.task_id, batch.finished_at)  # a batch that was retried is read anew
        if name not in self._indexes:
            self._indexes[name] = {
                _content(batch, index, batch.report(index)["result"]["input_sha256"]): index
                for index in batch.indices(PhotoState.SUCCEEDED, 0)
            }
            if len(self._indexes) > INDEXED:
                self._indexes.popitem(last=False)
        self._indexes.move_to_end(name)
        return self._indexes[name]


def _content(batch: Batch, index: int, sha256: str) -> _Content:
    return sha256, json.dumps(batch.photos[index].params, sort_keys=True)


def _recipe(batch: Batch) -> _Recipe:
    spec = batch.spec
    output: Json = {name: value for name, value in spec.output.items() if name != "name"}
    return spec.user_id, json.dumps([spec.preset, output, spec.thumbnails], sort_keys=True)
