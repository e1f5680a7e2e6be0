"""The hold: while the disk is full nothing is leased and nothing is accepted, and no batch changes its state."""

import logging
import time

from actors.messages.errors import BatchError

log = logging.getLogger(__name__)

REST_S = 5.0  # after somebody ran out of room: what made it small again shows only when it is tried
REASON = "the disk is full; nothing is lost, and work goes on as soon as there is room"


class Hold:
    """Whether the service stands still for want of room.

    It begins when a worker could not store a result, when the journal lives on its reserve, or when less than half of
    `least_room` bytes are free; it ends when all of `least_room` is free again.
    """

    def __init__(self, least_room: int) -> None:
        self._least_room = least_room
        self._not_before = 0.0
        self.on = False
        self.free: int | None = None  # bytes, when it was last looked at; None: a store without an end

    def begin(self) -> None:
        """Note that somebody ran out of room."""
        self._hold()
        self._not_before = time.monotonic() + REST_S

    def update(self, *, journal_full: bool, free: int | None) -> bool:
        """Take in how things stand (`free` bytes; None: a store without an end); say whether the hold has ended."""
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
