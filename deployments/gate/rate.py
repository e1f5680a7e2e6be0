"""The rate limit: a token bucket for each user."""

import time
from collections.abc import Callable

from actors.messages.errors import BatchError

BURST_S = 10.0  # seconds' worth of requests that may come at once
LEAST_BURST = 10


class Rate:
    """Counts the requests of each user in this process. Its size is bounded by the number of keys."""

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = max(per_s * BURST_S, LEAST_BURST)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, and when they were counted

    def count(self, user: str) -> None:
        """Count a request; raises BatchError `rate_limited` with the seconds until the next one is allowed."""
        now = self._clock()
        tokens, counted = self._buckets.get(user, (self._burst, now))
        tokens = min(self._burst, tokens + (now - counted) * self._per_s)
        if tokens < 1:
            self._buckets[user] = tokens, now
            detail = f"More than {self._per_s:g} requests a second; wait for as long as Retry-After says."
            raise BatchError("rate_limited", detail, retry_after_s=(1 - tokens) / self._per_s)
        self._buckets[user] = tokens - 1, now
