"""Reused memory for pixels: 48 MB of fresh pages for each photo can cost as much as decoding it."""

from collections import deque

import numpy as np

from models.picture import Pixels

_USUAL = 8  # number of recent photos that give the usual size


class Workspace:
    """One grow-only buffer. Its pixels are valid until the next `take`: one photo at a time, one thread."""

    def __init__(self) -> None:
        self._buffer = np.empty(0, np.uint8)
        self._used = 0
        self._recent = deque([0], maxlen=_USUAL)

    def take(self, height: int, width: int) -> Pixels:
        """Return (height, width, 4) uint8, uninitialised."""
        size = height * width * 4
        if self._buffer.size < size:
            self._buffer = np.empty(0, np.uint8)  # free it before allocating more
            self._buffer = np.empty(size, np.uint8)
        return self._part(height, width)

    def renew(self, height: int, width: int) -> Pixels:
        """Return fresh memory that replaces the buffer; the old one is freed when its pixels are no longer used.

        Two permanent buffers for rotated photos would save a few milliseconds and cost 48 MB a worker.
        """
        self._buffer = np.empty(height * width * 4, np.uint8)
        return self._part(height, width)

    def trim(self) -> None:
        """Note the end of a photo; a buffer more than twice as large as the last eight photos needed is freed."""
        self._recent.append(self._used)
        self._used = 0
        if self._buffer.size > 2 * max(self._recent):
            self._buffer = np.empty(0, np.uint8)

    def _part(self, height: int, width: int) -> Pixels:
        size = height * width * 4
        self._used = max(self._used, size)
        return self._buffer[:size].reshape(height, width, 4)
