"""Memory of our processes: no pause for those who wait for an answer, and nothing kept that nobody uses."""

import ctypes
import gc
from contextlib import suppress

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # of mallopt(3)
_LARGE = 256 * 1024  # bytes


def tune_memory() -> None:
    """Let full garbage collections be rare, and return large blocks to the system when they are freed.

    A full collection stops every thread for 0.2 s while the 100,000 photos of a submit are in memory, and Python begins
    one whenever objects have grown by a quarter. Young objects, which most garbage is, are still collected often. glibc
    keeps freed blocks of up to 32 MB in one heap for each thread: after some large bodies, 180 MB. Not for workers: a
    cycle of theirs may hold pixels, and they reuse their buffers.
    """
    gc.set_threshold(5_000, 10, 100)
    with suppress(AttributeError):  # only glibc has it
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 2)
        mallopt(_MMAP_THRESHOLD, _LARGE)


def return_memory() -> None:
    """Give freed memory back to the system: what a start has used once, 12 MB of a worker."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
