"""The photos of a batch in memory, a column for each of their properties."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from actors.messages.records import Json, LeaseKey
from actors.photos.adjustments import Adjustments
from actors.photos.compact_json import compact_json
from actors.photos.eta import Pace
from actors.photos.matching import Matching
from actors.photos.photo_column import PhotoColumn
from actors.photos.report import Report
from actors.photos.states import PhotoState


class PhotosAwayError(Exception):
    """A change needs photos that are in the journal only: they must be taken back first."""


class Columns:
    """What a batch needs of its photos; 844 bytes for each.

    The photos of a batch that has ended may be away: in the journal only, whose events make a twin that has them.
    They come back by `take_back`.
    """

    __slots__ = (
        *("photos", "photo_state", "attempt", "tries", "strikes", "changed", "outcome", "told"),
        *("holder", "alone", "ready", "suspects", "_later", "pace", "adjustments", "matching"),
    )

    def __init__(self) -> None:
        self.photos = PhotoColumn()
        self.photo_state = bytearray()
        self.attempt: list[int] = []
        self.tries = bytearray()
        self.strikes = bytearray()
        self.changed = np.zeros(0, np.uint64)  # version of each photo's last change
        self.outcome: list[bytes | None] = []  # the last report of each photo, as JSON: a third of the memory of dicts
        self.told: list[int] = []  # the attempt of that report, 0: none yet
        self.holder: dict[int, str] = {}  # worker of each photo in PROCESSING
        self.alone: set[int] = set()  # those in PROCESSING that are computed alone
        self.ready: OrderedDict[int, None] = OrderedDict()  # queued and due, in order
        self.suspects: OrderedDict[int, None] = OrderedDict()  # queued, must be computed alone
        self._later: list[tuple[float, int]] = []  # queued, not before a time
        self.pace = Pace()
        self.adjustments = Adjustments()
        self.matching = Matching()

    # --- where they are -------------------------------------------------------------------------------------------

    @property
    def away(self) -> bool:
        """Whether the photos are in the journal only."""
        return self.photos is _AWAY.photos

    def put_away(self) -> None:
        """Drop the photos: the journal has them. The batch must have ended."""
        self._share(_AWAY)

    def take_back(self, twin: "Columns") -> None:
        """Have the photos of a twin, which is used no more."""
        self._share(twin)

    def _share(self, other: "Columns") -> None:
        for name in Columns.__slots__:
            setattr(self, name, getattr(other, name))

    # --- queries --------------------------------------------------------------------------------------------------

    def holds(self, key: LeaseKey) -> bool:
        """Say whether this attempt is the one that may report now."""
        return self._held(key.index, key.attempt)

    def accepted(self, key: LeaseKey) -> bool:
        """Say whether this attempt has already reported: a repeated report gets the same answer."""
        return key.index < len(self.photos) and self.attempt[key.index] == self.told[key.index] == key.attempt

    def params_of(self, index: int) -> Json | None:
        """Return what a photo is computed with: its own parameters, and its shift."""
        return self.matching.with_shift(index, self.photos[index].params)

    def report(self, index: int) -> Report | None:
        """Return the last report of a photo, None when there is none."""
        said = self.outcome[index]
        return Report.read(said) if said else None

    def changed_since(self, version: int) -> Iterator[int]:
        """Yield the photos that changed after a version, in their order."""
        yield from np.flatnonzero(self.changed > version).tolist()

    def indices(self, state: PhotoState | None, start: int) -> Iterator[int]:
        """Yield the photos from `start` on, of one state or of any."""
        for index in range(start, len(self.photos)):
            if state is None or self.photo_state[index] == state:
                yield index

    def pick(self, count: int) -> list[int]:
        """Return the next photos that may be computed beside others; changes nothing."""
        return [index for index, _ in zip(self.ready, range(count), strict=False)]

    def next_due(self) -> float | None:
        """Unix time at which a photo that waits for its retry is due; None when none waits."""
        return self._later[0][0] if self._later else None

    def workers(self) -> set[str]:
        """The ids of the workers that hold its photos."""
        return set(self.holder.values())

    def named(self, usual: str | None) -> set[str]:
        """Return the ids of the uploads that photos name, and their masks; `usual` is the mask of those without one."""
        return uploads_named(((photo.source, photo.params) for photo in self.photos), usual)

    # --- changes --------------------------------------------------------------------------------------------------

    def append(self, rows: Sequence[tuple[str, str, Json | None]], version: int) -> None:
        """Add photos, which are queued."""
        first = len(self.photos)
        self.photos.extend(rows)
        self.outcome += [None] * len(rows)
        self.photo_state += bytes(len(rows))
        self.attempt += [0] * len(rows)
        self.told += [0] * len(rows)
        self.tries += bytes(len(rows))
        self.strikes += bytes(len(rows))
        self.changed = np.concatenate([self.changed, np.full(len(rows), version, np.uint64)])
        self.ready.update(dict.fromkeys(range(first, len(self.photos))))

    def _tell(self, report: Report) -> None:
        self.outcome[report.index] = compact_json(report.row)
        self.told[report.index] = report.attempt

    # --- inside ---------------------------------------------------------------------------------------------------

    def _held(self, index: int, attempt: int) -> bool:
        held = index < len(self.photo_state) and self.photo_state[index] == PhotoState.PROCESSING
        return held and self.attempt[index] == attempt

    def _indices(self, states: frozenset[PhotoState] | set[PhotoState]) -> list[int]:
        return [index for index, state in enumerate(self.photo_state) if state in states]


def uploads_named(photos: Iterable[tuple[str | None, Json | None]], usual: str | None) -> set[str]:
    """Return the ids of the uploads among photos, each a source and its own parameters, and their masks."""
    named = ((source, params.get("mask", usual) if params else usual) for source, params in photos)
    return upload_ids(chain.from_iterable(named))


def upload_ids(sources: Iterator[str | None]) -> set[str]:
    """Return the ids of the uploads among sources."""
    parts = (source.partition(":") for source in sources if source)
    return {upload_id for scheme, _, upload_id in parts if scheme == "upload"}


def _nothing() -> Columns:
    """Return the columns of every batch whose photos are away; a change of them is an error, not a mix-up."""
    nothing: Any = Columns()
    nothing.photo_state = nothing.tries = nothing.strikes = b""
    nothing.attempt = nothing.outcome = nothing.told = nothing._later = ()
    nothing.alone = frozenset()
    nothing.changed.flags.writeable = False
    made: Columns = nothing
    return made


_AWAY = _nothing()
