"""Quarantine: no workers on a node, or on its GPUs, that loses more of them than its share."""

import logging
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from actors.messages.records import Json
from actors.pool.worker_record import Place

log = logging.getLogger(__name__)

WINDOW_S = 600.0  # what is older counts no more
LEAST_DEATHS = 3  # of different photos: one bad photo is its own fault
LEAST_SHARE = 0.1  # deaths among the photos that ended there
TIMES = 5.0  # as large as the share elsewhere
FIRST_S, LONGEST_S = 600.0, 86_400.0  # how long a place is held; each time twice as long


@dataclass(slots=True)
class _Record:
    """What happened at a place lately. Only the newest count; a busy node fills `done` in seconds."""

    deaths: deque[tuple[float, object]] = field(default_factory=lambda: deque(maxlen=100))  # time, what it computed
    done: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    times: int = 0  # how often it was held

    def recent(self, now: float) -> tuple[set[object], int, int]:
        """Return the photos whose workers died, the number of deaths, and the number of photos that ended."""
        while self.deaths and self.deaths[0][0] < now - WINDOW_S:
            self.deaths.popleft()
        while self.done and self.done[0] < now - WINDOW_S:
            self.done.popleft()
        return {photo for _, photo in self.deaths}, len(self.deaths), len(self.done)


@dataclass(frozen=True, slots=True)
class Held:
    """Why a place is in quarantine, and until when (by the clock)."""

    reason: str
    until: float


class Quarantine:
    """Compares places: one whose workers die of photos that do well elsewhere is held for a while, then tried again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: dict[Place, _Record] = {}
        self.held: dict[Place, Held] = {}

    def did(self, place: Place) -> None:
        """Note that a photo ended there."""
        self._of(place).done.append(self._clock())

    def died(self, place: Place, photo: object, born: float) -> None:
        """Note that a worker died there, which was `born` then (by the clock), of a photo or of nothing (None)."""
        deaths = self._of(place).deaths
        if photo is None and deaths and born < deaths[-1][0]:  # it died with others: one accident
            return
        deaths.append((self._clock(), photo or object()))

    def hold(self, place: Place, reason: str) -> None:
        """Use a place no more for a while."""
        if place in self.held:
            return
        record = self._of(place)
        held_s = min(FIRST_S * 2**record.times, LONGEST_S)
        self.held[place] = Held(reason, self._clock() + held_s)
        self._records[place] = _Record(times=record.times + 1)
        about = {"node": place.node_id, "kind": str(place.kind), "seconds": held_s}
        log.error("quarantine: no workers there: %s", reason, extra=about)

    def judge(self, places: Collection[Place]) -> None:
        """Hold what loses more than its share and release what was held for long enough; `places` are all there are."""
        now = self._clock()
        for gone in [place for place in self._records if place not in places]:
            del self._records[gone]
            self.held.pop(gone, None)
        for place in [place for place, held in self.held.items() if held.until <= now]:
            del self.held[place]
            log.warning("quarantine is over", extra={"node": place.node_id, "kind": str(place.kind)})
        free = {place: self._of(place).recent(now) for place in places if place not in self.held}
        for place, (photos, deaths, done) in free.items():
            lost = sum(others for other, (_, others, _) in free.items() if other != place)
            well = sum(others for other, (_, _, others) in free.items() if other != place)
            share = deaths / max(deaths + done, 1)
            if well and len(photos) >= LEAST_DEATHS and share >= max(LEAST_SHARE, TIMES * lost / (lost + well)):
                self.hold(
                    place, f"{deaths} workers died there of {deaths + done} photos, elsewhere {lost} of {lost + well}"
                )

    def view(self) -> list[Json]:
        """Return what is held, as records."""
        now = self._clock()
        return [
            {
                "node": place.node_id,
                "kind": str(place.kind),
                "reason": held.reason,
                "until": time.time() + held.until - now,
            }
            for place, held in self.held.items()
        ]

    def _of(self, place: Place) -> _Record:
        return self._records.setdefault(place, _Record())
