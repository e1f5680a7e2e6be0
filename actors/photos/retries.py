"""When a photo that failed is tried again."""

import random
import time

from actors.messages.records import Json

FIRST_S = 0.5
LONGEST_S = 60.0


def backoff_s(tries: int, first_s: float, longest_s: float) -> float:
    """Return the wait after this many failed tries: exponential back-off with full jitter.

    Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return random.uniform(0, min(first_s * 2.0 ** min(tries, 32), longest_s))  # noqa: S311 - not a secret


def due(error: Json | None, tries: int, limit: int) -> float | None:
    """Return the unix time of the next try, or None when the outcome is final."""
    if error is None or not error["retryable"] or tries >= limit:
        return None
    return time.time() + backoff_s(tries, FIRST_S, LONGEST_S)
