"""When a photo is tried again."""

import time

from hypothesis import given
from hypothesis import strategies as st

from actors.photos.retries import FIRST_S, LONGEST_S, backoff_s, due

HICCUP = {"code": "fetch_failed", "message": "…", "retryable": True}
FINAL = {"code": "corrupt", "message": "…", "retryable": False}


@given(st.integers(0, 1000))
def test_the_wait_grows_to_its_limit_and_is_anywhere_below(tries: int) -> None:
    most = min(FIRST_S * 2.0 ** min(tries, 32), LONGEST_S)
    waits = [backoff_s(tries, FIRST_S, LONGEST_S) for _ in range(60)]
    assert all(0 <= wait <= most for wait in waits)
    assert min(waits) < most / 2 < max(waits), "full jitter: the whole range, or crowds come back as crowds"


def test_only_what_may_help_is_tried_again_and_only_so_often() -> None:
    now = time.time()
    assert due(None, 0, 3) is None
    assert due(FINAL, 0, 3) is None
    assert due(HICCUP, 3, 3) is None
    again = due(HICCUP, 2, 3)
    assert again is not None
    assert now <= again <= time.time() + 2.0
