"""Notifications to systemd for a service of `Type=notify`: sd_notify(3), datagrams to a socket."""

import socket
from contextlib import suppress


class Notifier:
    """Tells systemd the state of the service; does nothing without an address (NOTIFY_SOCKET)."""

    def __init__(self, address: str | None) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    def send(self, *lines: str) -> None:
        """Send lines such as READY=1, STOPPING=1, WATCHDOG=1, STATUS=…"""
        if self._address:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
                telling.connect(self._address)
                telling.sendall("\n".join(lines).encode())
