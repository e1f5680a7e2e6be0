"""Memory for pixels that is used again: 48 MB of fresh pages for each photo cost as much as decoding it."""

from collections import deque

import numpy as np

from models.picture import Pixels

_USUAL = 8  # photos that say what is usual


class Workspace:
    """Two grow-only buffers: one to decode into, one to rotate into.

    Pixels taken from it are valid until the same slot is taken again: one photo at a time, one thread.
    """

    def __init__(self) -> None:
        self._buffers = [np.empty(0, np.uint8), np.empty(0, np.uint8)]
        self._used = [0, 0]
        self._recent = [deque([0], maxlen=_USUAL), deque([0], maxlen=_USUAL)]

    def take(self, height: int, width: int, slot: int = 0) -> Pixels:
        """Return (height, width, 4) uint8 with whatever the buffer holds; slot 0 decodes, slot 1 rotates."""
        size = height * width * 4
        if self._buffers[slot].size < size:
            self._buffers[slot] = np.empty(0, np.uint8)  # give back before asking for more
            self._buffers[slot] = np.empty(size, np.uint8)
        self._used[slot] = max(self._used[slot], size)
        return self._buffers[slot][:size].reshape(height, width, 4)

    def trim(self) -> None:
        """Say that a photo is done; a buffer more than twice as large as the last eight needed is let go."""
        for slot, recent in enumerate(self._recent):
            recent.append(self._used[slot])
            self._used[slot] = 0
            if self._buffers[slot].size > 2 * max(recent):
                self._buffers[slot] = np.empty(0, np.uint8)

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(buffer.size for buffer in self._buffers)
