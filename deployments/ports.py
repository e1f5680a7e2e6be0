"""Ports of this machine that nobody uses just now."""

import random
import socket

_LOWEST, _HIGHEST = 20_000, 32_000  # below those that the system gives away itself


def free() -> int:
    """Return a port of loopback, one of those that the system gives away."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def free_row(count: int) -> int:
    """Return the first of `count` ports in a row that are free on all interfaces."""
    while True:
        first = random.randrange(_LOWEST, _HIGHEST, count)  # noqa: S311 - not a secret
        if all(_is_free(port) for port in range(first, first + count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
