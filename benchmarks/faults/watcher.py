"""Watches one batch by WebSocket to its end, across broken connections."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.sync.client import connect

from benchmarks.faults.flow import OPEN, Flow

_AGAIN_S = 0.2
_SILENCE_S = 40.0  # pings come every 15 s: a more silent connection is dead
_DONE, _NO_SUCH_BATCH = 1000, 4404

Photo = dict[str, Any]


@dataclass
class Testimony:
    """The messages of one watcher."""

    version: int = 0
    done: bool = False
    connections: int = 0
    photos: dict[int, Photo] = field(default_factory=dict)  # the last state of each
    first_ended: dict[int, Photo] = field(default_factory=dict)  # the first state of each after its end
    ended_at: dict[int, float] = field(default_factory=dict)  # unix seconds of that message
    violations: list[str] = field(default_factory=list)


class Watcher:
    """A client that reconnects with `?since=` its last version. `ended(photo)` is called at each end."""

    def __init__(self, url: str, task_id: str, flow: Flow, ended: Callable[[str, Photo], None]) -> None:
        self.task_id = task_id
        self.testimony = Testimony()
        self._address = f"{url.replace('http', 'ws', 1)}/ws/batch/{task_id}"
        self._flow = flow
        self._tell_ended = ended
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"watcher-{task_id[-6:]}", daemon=True)

    def start(self) -> "Watcher":
        """Begin to watch."""
        self._thread.start()
        return self

    def leave(self) -> None:
        """Stop watching, done or not."""
        self._leave.set()
        self._thread.join(_SILENCE_S)

    def _watch(self) -> None:
        while not (self._leave.is_set() or self.testimony.done):
            with suppress(OSError, TimeoutError, InvalidHandshake, WebSocketException):
                self._listen()  # the service may be unavailable or killed in the middle of a message
            self._leave.wait(_AGAIN_S)

    def _listen(self) -> None:
        seen = self.testimony
        begun = time.monotonic()
        since = max(seen.version, 1)
        with connect(f"{self._address}?since={since}", open_timeout=5, close_timeout=1, proxy=None) as socket:
            first = True
            try:
                while not (self._leave.is_set() or seen.done):
                    message = json.loads(socket.recv(timeout=_SILENCE_S))
                    if first:
                        seen.connections += 1
                        self._flow.connected(begun)
                        first = False
                    self._hear(message)
            finally:
                if socket.close_code == _NO_SUCH_BATCH:
                    seen.violations.append(
                        f"batch {self.task_id}: closed with {_NO_SUCH_BATCH}, as if it did not exist"
                    )
                    seen.done = True

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "ping":
            return
        seen, version = self.testimony, message["version"]
        if version < seen.version:
            seen.violations.append(f"batch {self.task_id}: version went back from {seen.version} to {version}")
        for photo in message.get("photos", []):
            self._hear_photo(photo)
        self._flow.record(self.task_id, message.get("photos", []))
        if not message.get("more"):
            seen.version = version
        seen.done = message["type"] == "done"

    def _hear_photo(self, photo: Photo) -> None:
        seen, index = self.testimony, photo["index"]
        seen.photos[index] = photo
        if photo["status"] in OPEN:
            if index in seen.first_ended:
                seen.violations.append(f"batch {self.task_id}: photo {index} had ended and is {photo['status']} again")
        elif index not in seen.first_ended:
            seen.first_ended[index] = photo
            seen.ended_at[index] = time.time()
            self._tell_ended(self.task_id, photo)
