"""When a photo that failed is tried again."""

import random
import time

from actors.records import Json

FIRST_S = 0.5
LONGEST_S = 60.0


def due(error: Json | None, tries: int, limit: int) -> float | None:
    """Return the unix time of the next try, or None when the outcome is final.

    Exponential back-off with full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    """
    if error is None or not error["retryable"] or tries >= limit:
        return None
    return time.time() + random.uniform(0, min(FIRST_S * 2**tries, LONGEST_S))  # noqa: S311 - not a secret
