"""The pace of a batch, and its estimated time of arrival (ETA)."""

import math
import statistics
from collections import deque
from collections.abc import Iterable
from itertools import pairwise

WINDOW = 64  # last photos that give the pace: enough to be stable, few enough to follow a change
Z80 = 1.2816  # half-width of the central 80 % of a normal distribution, in standard deviations
DRIFT = 0.15  # the pace itself changes (other batches, other photos): part of the band that does not average out


class Pace:
    """Photos per second from the last endings, and an ETA with a band that should hold 80 % of the time."""

    def __init__(self) -> None:
        self._since: float | None = None  # the moment from which the endings are counted
        self._ends: deque[float] = deque()
        self._earlier: set[int] = set()  # photos that were begun before the pace is counted

    def began(self, now: float, photos: Iterable[int] = ()) -> None:
        """Note that work on these photos (indices) has begun, at unix time `now`."""
        if self._since is None:
            self._since = now
        self._earlier.difference_update(photos)

    def ended(self, now: float, photo: int) -> None:
        """Note that a photo ended. One that was begun before an interruption counts as no work since."""
        if photo in self._earlier:
            self._earlier.remove(photo)
            return
        self._ends.append(now)
        if len(self._ends) > WINDOW:
            self._since = self._ends.popleft()

    def interrupted(self, under_way: Iterable[int] = ()) -> None:
        """Forget the pace: the batch was idle, and the gap says nothing about its speed.

        The photos `under_way` end soon, because most of their work is done: to count them would promise a pace that no
        whole photo keeps.
        """
        self._since = None
        self._ends.clear()
        self._earlier = set(under_way)

    def photos_per_s(self, workers: int, now: float) -> float | None:
        """Return the pace, or None until two photos have ended; a stall lowers it while it lasts."""
        return None if self._since is None or len(self._ends) < 2 else 1 / self._gap(workers / 2, workers, now)

    def eta_s(self, remaining: int, workers: int, now: float) -> tuple[float, float, float] | None:
        """Return (estimate, low, high) in seconds from now for `remaining` photos, or None until two have ended.

        `workers` are busy with photos that have not ended. These count as half done; the limits of the band take them
        as nearly done and as just begun. This matters at the start, when all workers end their first photos together,
        or only the quick ones have ended. Limit: if few photos take most of the time and there are many workers, the
        band is too narrow.
        """
        if self._since is None or len(self._ends) < 2:
            return None
        estimate, least, most = (self._gap(done, workers, now) * remaining for done in (workers / 2, workers, 0))
        gaps = [later - earlier for earlier, later in pairwise(self._ends)]
        spread = statistics.pstdev(gaps, estimate / remaining if remaining else None)
        # The remaining time is a sum of `remaining` draws. Its mean is itself estimated from `len(gaps)` draws,
        # so few that their spread is uncertain too; this widens the band as Student's t would.
        chance = Z80 * (1 + 1.4 / len(gaps)) * spread * math.sqrt(remaining + remaining**2 / len(gaps))
        last_photo = most / remaining * workers if remaining else 0.0  # the others are idle while the last one ends
        return estimate, max(0.0, least * (1 - DRIFT) - chance), most * (1 + DRIFT) + chance + last_photo

    def _gap(self, under_way: float, workers: int, now: float) -> float:
        """Return seconds between two endings, counting `under_way` more photos as ended."""
        assert self._since is not None  # noqa: S101 - for mypy; callers have asked
        last = self._ends[-1]
        gap = max((last - self._since) / (len(self._ends) + under_way), 1e-6)
        stalled = (now - last) / max(workers, 1)
        return max(gap, stalled / 2) if stalled > 4 * gap else gap
