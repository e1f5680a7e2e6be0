"""Files with a few bytes changed."""

from collections.abc import Iterator

import numpy as np


def damaged(file: bytes, times: int, seed: int) -> Iterator[bytes]:
    """Yield copies of a file in which one to three bytes are others."""
    noise = np.random.default_rng(seed)
    whole = np.frombuffer(file, np.uint8)
    for _ in range(times):
        copy = whole.copy()
        for _ in range(noise.integers(1, 4)):
            copy[noise.integers(2, len(file))] = noise.integers(0, 256)
        yield copy.tobytes()
