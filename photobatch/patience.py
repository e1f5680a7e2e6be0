"""Patience: how long to retry, and how long to wait between tries."""

import asyncio
import random
import time

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 10.0


class Patience:
    """Waits longer each time, until a number of seconds has passed since the first failure in a row."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self.success()

    def success(self) -> None:
        """Reset after a success."""
        self._since: float | None = None
        self._wait_s = _FIRST_WAIT_S

    async def again(self, at_least_s: float | None = None, *, within_s: float | None = None) -> bool:
        """Wait and return True; return False at once if the wait would end too late.

        `at_least_s` is the wait that the service requests, `within_s` a shorter limit for this kind of failure.
        """
        now = time.monotonic()
        started = self._since = now if self._since is None else self._since
        wait_s = max(at_least_s or 0.0, self._wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads, hides nothing
        patience_s = self._patience_s if within_s is None else min(within_s, self._patience_s)
        if now + wait_s > started + patience_s:
            return False
        self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)
        await asyncio.sleep(wait_s)
        return True
