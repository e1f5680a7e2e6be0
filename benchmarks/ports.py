"""A port of this machine that nobody uses just now."""

import random
import socket

# Below those that the system gives to outgoing connections, of which Ray makes hundreds: a port among them may be taken
# by one between this look and its use.
_LOWEST, _HIGHEST = 20_000, 32_000


def free() -> int:
    """Return a port that is free on all interfaces."""
    while True:
        port = random.randrange(_LOWEST, _HIGHEST)
        if _is_free(port):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
