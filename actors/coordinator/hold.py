"""The hold: while the disk is full, nothing is leased or accepted, and no batch changes its state."""

import logging
import time

from actors.messages.errors import BatchError

log = logging.getLogger(__name__)

REST_S = 5.0  # shortest hold after a failed write: only a new attempt shows whether there is room
REASON = "the disk is full; nothing is lost, and work goes on as soon as there is room"


class Hold:
    """Whether the service waits for free disk space.

    It begins when a worker could not store a result, when the journal uses its reserve, or when less than half of
    `least_room` bytes are free. It ends when `least_room` bytes are free.
    """

    def __init__(self, least_room: int) -> None:
        self._least_room = least_room
        self._not_before = 0.0
        self.on = False
        self.free: int | None = None  # bytes at the last check; None: a store without a limit

    def begin(self) -> None:
        """Note that a write found no room."""
        self._hold()
        self._not_before = time.monotonic() + REST_S

    def update(self, *, journal_full: bool, free: int | None) -> bool:
        """Take the current state (`free` bytes; None: a store without a limit); return whether the hold just ended."""
        self.free = free
        room = self._least_room if free is None else free
        if journal_full or room < self._least_room // 2:
            self._hold()
        elif self.on and room >= self._least_room and time.monotonic() >= self._not_before:
            self.on = False
            log.warning("hold ends: there is room again", extra={"free_bytes": free})
            return True
        return False

    def _hold(self) -> None:
        if not self.on:
            self.on = True
            log.warning("hold begins: %s", REASON, extra={"free_bytes": self.free})

    def refuse(self) -> None:
        """Raise BatchError `storage_full` while it lasts."""
        if self.on:
            detail = "The server has no room left; delete batches that you have fetched, or try again later."
            raise BatchError("storage_full", detail, retry_after_s=30.0)
