"""The number of workers that the waiting work needs."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Elastic:
    """The limits and targets of an elastic pool. `least` = `most`: a pool of fixed size."""

    least: int
    most: int
    target_s: float = 30.0  # time in which all wanted workers together should finish the waiting work
    idle_s: float = 300.0  # how long a warm worker is kept when it is not needed

    def wanted(self, backlog_s: float, photos: int) -> int:
        """Return the number of workers for `photos` that take one worker `backlog_s` seconds in all."""
        worth = min(math.ceil(backlog_s / self.target_s), photos)
        return min(max(worth, self.least, min(photos, 1)), self.most)
