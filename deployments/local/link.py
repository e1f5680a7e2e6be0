"""Messages from the service process to its supervisor, through a socket pair.

Each message is a line of JSON. The end of the stream means that the other side has ended.
"""

import json
import socket
from dataclasses import asdict, dataclass
from typing import Literal

CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    accepting: HTTP is answered from now on. failed: the process ends, and `reason` says why; a restart may help.
    refused: it ends, and a restart helps only after somebody has done what `reason` says.
    """

    kind: Literal["accepting", "failed", "refused"]
    reason: str = ""


def send(link: socket.socket, message: Message) -> None:
    """Send a message; raises OSError if the other side has ended."""
    link.sendall(json.dumps(asdict(message)).encode() + b"\n")


class Messages:
    """The messages of one service process."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._half = b""
        self.ended = False

    def receive(self) -> list[Message]:
        """Return the received messages; call it when the socket is readable."""
        try:
            piece = self._link.recv(CHUNK)
        except OSError:
            piece = b""
        self.ended = not piece
        *lines, self._half = (self._half + piece).split(b"\n")
        return [Message(**json.loads(line)) for line in lines]
