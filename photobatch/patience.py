"""Patience: how often to retry, and how long to wait between tries."""

import asyncio
import random
import time

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 10.0
_LONGEST_ASKED_S = 60.0  # a service that asks for a longer wait is given up


class Patience:
    """Waits longer each time, for a number of retries in a row: 0.25, 0.5, 1, 2, 4, 8, 10, 10 … seconds at most."""

    def __init__(self, retries: int) -> None:
        self._retries = retries
        self.success()

    def success(self) -> None:
        """Reset after a success."""
        self._left = self._retries
        self._since: float | None = None
        self._wait_s = _FIRST_WAIT_S

    async def again(self, at_least_s: float | None = None, *, within_s: float | None = None) -> bool:
        """Wait and return True; return False at once if there is no retry left.

        `at_least_s` is the wait that the service requests, `within_s` a limit for all waits since the first failure.
        """
        now = time.monotonic()
        started = self._since = now if self._since is None else self._since
        asked_s = at_least_s or 0.0
        wait_s = max(asked_s, self._wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads, hides nothing
        too_late = within_s is not None and now + wait_s > started + within_s
        if self._left <= 0 or asked_s > _LONGEST_ASKED_S or too_late:
            return False
        self._left -= 1
        self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)
        await asyncio.sleep(wait_s)
        return True
