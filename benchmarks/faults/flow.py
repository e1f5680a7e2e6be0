"""How photos flow, seen from outside: what the watchers hear, with the time at which they heard it."""

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

OPEN = frozenset({"queued", "processing"})
LAG_S = 0.25  # what is heard may be so old: updates are gathered for 0.1 s


@dataclass(slots=True)
class _Seen:
    status: str = "queued"
    leased_at: float | None = None  # when it was first heard to be in work, after it had been heard to wait


class Flow:
    """Collects from all watchers. Times are `time.monotonic()`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._photos: dict[tuple[str, int], _Seen] = {}
        self._ended: list[tuple[float, float]] = []  # heard to be leased, heard to have ended
        self._connected: list[tuple[float, float]] = []  # connection begun, its first message

    def connected(self, begun: float) -> None:
        """Note the first message over a connection."""
        with self._lock:
            self._connected.append((begun, time.monotonic()))

    def record(self, task_id: str, photos: list[dict[str, Any]]) -> None:
        """Note what a message says of photos."""
        now = time.monotonic()
        with self._lock:
            for photo in photos:
                seen = self._photos.setdefault((task_id, photo["index"]), _Seen())
                if photo["status"] == "processing" and seen.status == "queued":
                    seen.leased_at = now
                elif photo["status"] not in OPEN and seen.status in OPEN and seen.leased_at is not None:
                    self._ended.append((seen.leased_at, now))
                seen.status = photo["status"]

    def waiting(self) -> int:
        """How many photos were last heard to be queued."""
        with self._lock:
            return Counter(seen.status for seen in self._photos.values())["queued"]

    def again_after(self, moment: float) -> float | None:
        """When the first photo ended that was leased after `moment`; None until one has."""
        with self._lock:
            return min((ended for leased, ended in self._ended if leased > moment + LAG_S), default=None)

    def answered_after(self, moment: float) -> float | None:
        """When the first message came over a connection begun after `moment`; None until one has."""
        with self._lock:
            return min((came for begun, came in self._connected if begun > moment), default=None)
