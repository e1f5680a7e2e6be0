"""The number of workers that the waiting work needs."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple


class Backlog(NamedTuple):
    """The work that waits or is in progress."""

    seconds: float = 0.0  # that it takes one worker
    photos: int = 0


@dataclass(frozen=True, slots=True)
class Elastic:
    """The limits and targets of an elastic pool. `least` = `most`: a pool of fixed size."""

    least: int
    most: int
    target_s: float = 30.0  # time in which all wanted workers together should finish the waiting work
    idle_s: float = 300.0  # how long a warm worker is kept when it is not needed
    fits: bool = False  # no more than the cluster has cores

    def on(self, cores: int) -> "Elastic":
        """Return the limits on a cluster with so many cores."""
        if not self.fits:
            return self
        most = max(1, min(self.most, cores))
        return replace(self, least=min(self.least, most), most=most)

    def wanted(self, backlog: Backlog) -> int:
        """Return the number of workers for this work."""
        worth = min(math.ceil(backlog.seconds / self.target_s), backlog.photos)
        return min(max(worth, self.least, min(backlog.photos, 1)), self.most)
