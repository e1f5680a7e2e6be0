"""How fast a batch goes, and when it will be done."""

import math
from collections import deque
from itertools import pairwise

WINDOW = 64  # photos that the pace is taken from: long enough to be calm, short enough to follow a change
Z80 = 1.2816  # half-width of the central 80 % of a normal distribution, in standard deviations
DRIFT = 0.15  # the pace itself changes (other batches, other photos): part of the band that does not average out


class Pace:
    """Photos per second from the last endings, and an ETA with the band that should hold the truth 80 % of the time."""

    def __init__(self) -> None:
        self._ends: deque[float] = deque(maxlen=WINDOW)

    def ended(self, now: float) -> None:
        """Note that a photo ended at unix time `now`."""
        self._ends.append(now)

    def interrupted(self) -> None:
        """Forget the pace: the batch stood still, and the gap says nothing about its speed."""
        self._ends.clear()

    def photos_per_s(self, now: float) -> float | None:
        """Return the pace, or None until two photos have ended; a stall lowers it while it lasts."""
        gap = self._mean_gap(now)
        return None if gap is None else 1 / gap

    def eta_s(self, remaining: int, now: float) -> tuple[float, float, float] | None:
        """Return (estimate, low, high) in seconds from now for `remaining` photos, or None until two have ended."""
        gap = self._mean_gap(now)
        if gap is None:
            return None
        ends = list(self._ends)
        gaps = [later - earlier for earlier, later in pairwise(ends)]
        spread = math.sqrt(sum((g - gap) ** 2 for g in gaps) / len(gaps)) if gaps else gap
        # What remains is a sum of `remaining` draws, around a mean that is itself known from `len(gaps)` draws only.
        error = Z80 * spread * math.sqrt(remaining + remaining**2 / max(len(gaps), 1)) + DRIFT * gap * remaining
        estimate = gap * remaining
        return estimate, max(0.0, estimate - error), estimate + error

    def _mean_gap(self, now: float) -> float | None:
        if len(self._ends) < 2:
            return None
        first, last = self._ends[0], self._ends[-1]
        gap = (last - first) / (len(self._ends) - 1)
        stalled = now - last
        return max(gap, stalled / 2, 1e-6) if stalled > 4 * gap else max(gap, 1e-6)
