"""Fallbacks: where a slower or coarser way takes the place of the usual one.

Whoever falls back says so in one call. A process counts them; its worker tells the coordinator, for metrics.
"""

from collections import Counter
from threading import Lock
from typing import Literal, get_args

Fallback = Literal[
    "torch_on_cpu",  # no C compiler, or its library is unusable: torch changes the pixels
    "erase_blurred",  # the same for holes: OpenCV fills them
    "pixels_on_cpu",  # no memory on the GPU: torch changed the pixels of a photo on the CPU
    "network_reduced",  # no memory on the device: a hole was filled at a lower resolution
    "network_on_cpu",  # no memory on the GPU: the network ran on the CPU
    "nvjpeg_unsuited",  # grey, progressive, Adobe or truncated JPEG, which nvJPEG is not given
    "nvjpeg_failed",  # nvJPEG refused a photo: libjpeg-turbo took it
]
KINDS: tuple[Fallback, ...] = get_args(Fallback)

_lock = Lock()
_counts: Counter[Fallback] = Counter()


def fell_back(kind: Fallback) -> None:
    """Count a fallback of this process; may be called from any thread."""
    with _lock:
        _counts[kind] += 1


def take_fallbacks() -> dict[Fallback, int]:
    """Return what was counted since the last call."""
    with _lock:
        taken = dict(_counts)
        _counts.clear()
    return taken
