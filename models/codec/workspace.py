"""Memory for pixels that is used again: 48 MB of fresh pages for each photo cost up to as much as decoding it."""

from collections import deque
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.picture import Pixels

_USUAL = 8  # photos that say what is usual


Allocate = Callable[[int], npt.NDArray[np.uint8]]


def _anywhere(size: int) -> npt.NDArray[np.uint8]:
    return np.empty(size, np.uint8)


class Workspace:
    """One grow-only buffer. Pixels in it are valid until it is taken again: one photo at a time, one thread."""

    def __init__(self, allocate: Allocate = _anywhere) -> None:
        """`allocate` returns so many bytes; of pinned memory, say."""
        self._allocate = allocate
        self._buffer = np.empty(0, np.uint8)
        self._used = 0
        self._recent = deque([0], maxlen=_USUAL)

    def take(self, height: int, width: int) -> Pixels:
        """Return (height, width, 4) uint8 with whatever the buffer holds."""
        size = height * width * 4
        if self._buffer.size < size:
            self._buffer = np.empty(0, np.uint8)  # give back before asking for more
            self._buffer = self._allocate(size)
        return self._part(height, width)

    def renew(self, height: int, width: int) -> Pixels:
        """Return fresh memory that takes the place of the buffer, which is freed when nobody holds its pixels any more.

        To keep two buffers for photos that are turned would save a few milliseconds and cost 48 MB a worker.
        """
        self._buffer = self._allocate(height * width * 4)
        return self._part(height, width)

    def trim(self) -> None:
        """Say that a photo is done; a buffer more than twice as large as the last eight needed is let go."""
        self._recent.append(self._used)
        self._used = 0
        if self._buffer.size > 2 * max(self._recent):
            self._buffer = np.empty(0, np.uint8)

    def _part(self, height: int, width: int) -> Pixels:
        size = height * width * 4
        self._used = max(self._used, size)
        return self._buffer[:size].reshape(height, width, 4)
