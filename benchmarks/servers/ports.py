"""Free ports of this machine."""

import random
import socket

# Below the range of outgoing connections, of which Ray makes hundreds: a port in that range may be taken between this
# check and its use.
_LOWEST, _HIGHEST = 20_000, 32_000
_random = random.SystemRandom()  # Hypothesis seeds the common one: tests in two processes would choose the same


def free() -> int:
    """Return a port that is free on all interfaces."""
    return free_row(1)


def free_row(count: int) -> int:
    """Return the first of `count` consecutive ports that are free on all interfaces."""
    while True:
        first = _random.randrange(_LOWEST, _HIGHEST, count)
        if all(_is_free(port) for port in range(first, first + count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
