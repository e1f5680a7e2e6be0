"""One lease on its way through a worker."""

import time
from dataclasses import dataclass, field
from typing import NamedTuple

from actors.messages.records import BatchSpec, Lease
from actors.worker.attachments import Attached


class Lap(NamedTuple):
    """What took from one unix time to another."""

    name: str
    begun: float
    ended: float

    @classmethod
    def until_now(cls, name: str, started: float) -> "Lap":
        """Return a lap that ends now; `started` is what `time.perf_counter()` said at its beginning."""
        now = time.time()
        return cls(name, now - (time.perf_counter() - started), now)


@dataclass(slots=True)
class Work:
    """A leased photo in a worker."""

    lease: Lease
    job: BatchSpec
    taken: float = field(default_factory=time.time)
    begun: bool = False
    data: bytes = b""
    attached: Attached = field(default_factory=dict)
    timings_ms: dict[str, float] = field(default_factory=dict)
    laps: list[Lap] = field(default_factory=list)  # for traces: when it was in which stage

    def took(self, stage: str, started: float) -> None:
        """Note that a stage ends now; `started` is what `time.perf_counter()` said at its beginning."""
        self.timings_ms[stage] = round((time.perf_counter() - started) * 1000, 2)
        self.laps.append(Lap.until_now(stage, started))
