"""The flow of photos from the clients' view: messages of the watchers with their times."""

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

OPEN = frozenset({"queued", "processing"})
LAG_S = 0.25  # messages may be this old: updates are gathered for 0.1 s


@dataclass(slots=True)
class _Seen:
    status: str = "queued"
    leased_at: float | None = None  # time of the first message that it is processed, after one that it waits


class Flow:
    """Collects from all watchers. Times are `time.monotonic()`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._photos: dict[tuple[str, int], _Seen] = {}
        self._ended: list[tuple[float, float]] = []  # times of the messages on lease and end
        self._connected: list[tuple[float, float]] = []  # begin of the connection, time of its first message

    def connected(self, begun: float) -> None:
        """Note the first message over a connection."""
        with self._lock:
            self._connected.append((begun, time.monotonic()))

    def record(self, task_id: str, photos: list[dict[str, Any]]) -> None:
        """Record a message about photos."""
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
        """How many photos were queued by the last messages."""
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
