"""What the process of the service tells its supervisor, through a socket that both hold.

Each message is a line of JSON. The end of the stream says that the other side has ended.
"""

import json
import socket
from dataclasses import asdict, dataclass
from typing import Literal

CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    accepting: HTTP is answered from now on. failed: the process ends, and `reason` says why; a new start may help.
    refused: it ends, and no start would help before somebody has done what `reason` says.
    """

    kind: Literal["accepting", "failed", "refused"]
    reason: str = ""


def send(link: socket.socket, message: Message) -> None:
    """Send a message; raises OSError when the other side has ended."""
    link.sendall(json.dumps(asdict(message)).encode() + b"\n")


class Messages:
    """The messages of one service process."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._half = b""
        self.ended = False

    def receive(self) -> list[Message]:
        """Return what came; to be called when the socket is readable."""
        try:
            piece = self._link.recv(CHUNK)
        except OSError:
            piece = b""
        self.ended = not piece
        *lines, self._half = (self._half + piece).split(b"\n")
        return [Message(**json.loads(line)) for line in lines]
