"""How many workers the work that waits is worth."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Elastic:
    """Between which numbers the pool may grow and shrink, and what for. `least` = `most`: nothing comes and goes."""

    least: int
    most: int
    target_s: float = 30.0  # what waits should be done within this time, once all workers that are wanted are there
    idle_s: float = 300.0  # a worker that is not needed any more is kept for so long: it is warm

    def wanted(self, backlog_s: float, photos: int) -> int:
        """Return how many workers `photos` are worth that take one worker `backlog_s` seconds in all."""
        worth = min(math.ceil(backlog_s / self.target_s), photos)
        return min(max(worth, self.least, min(photos, 1)), self.most)
