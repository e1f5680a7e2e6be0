"""What systemd is told by a service of `Type=notify`: sd_notify(3), a datagram to the socket that it names."""

import os
import socket
from contextlib import suppress


def notify(*lines: str) -> None:
    """Tell systemd, if it asked to be told: READY=1, STOPPING=1, WATCHDOG=1, STATUS=…"""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
        telling.connect("\0" + address[1:] if address.startswith("@") else address)
        telling.sendall("\n".join(lines).encode())
