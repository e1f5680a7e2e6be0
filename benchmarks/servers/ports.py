"""Ports of this machine that nobody uses just now."""

import random
import socket

# Below those that the system gives to outgoing connections, of which Ray makes hundreds: a port among them may be taken
# by one between this look and its use.
_LOWEST, _HIGHEST = 20_000, 32_000
_random = random.SystemRandom()  # Hypothesis seeds the common one: tests in two processes would choose the same


def free() -> int:
    """Return a port that is free on all interfaces."""
    return free_row(1)


def free_row(count: int) -> int:
    """Return the first of `count` ports in a row that are free on all interfaces."""
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
