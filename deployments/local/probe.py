"""Checks the service's health at its own port, end to end, like a client: HTTP, coordinator, journal, workers."""

import http.client
import json
import threading
import time
from dataclasses import dataclass

EVERY_S = 2.0
HURRIED_S = 0.1  # until the first healthy answer
PATIENCE_S = 5.0
_PATH = "/api/v1/health"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of health: `ok`, or a code and a reason. `since` is when this answer began (monotonic seconds)."""

    ok: bool
    code: str | None
    reason: str
    since: float


class Probe:
    """Checks in a thread of its own, one request at a time.

    `answer` is the last one. `silent_s` is for how long HTTP has not answered, counted by requests: a stop of this
    process itself counts as one request.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = _reachable(host), port
        self._over = threading.Event()
        self.silent_s = 0.0
        self.answer: Answer | None = None
        self._pause_s = HURRIED_S
        threading.Thread(target=self._run, name="probe", daemon=True).start()

    def end(self) -> None:
        """Stop checking."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(self._pause_s):
            began = time.monotonic()
            try:
                self._take(*self._ask())
                self.silent_s = 0.0
            except ValueError:  # the server answered instead of the application: too many connections
                self.silent_s = 0.0
            except (OSError, http.client.HTTPException):
                self.silent_s += min(time.monotonic() - began, PATIENCE_S) + self._pause_s

    def _take(self, ok: bool, code: str | None, reason: str) -> None:
        now = time.monotonic()
        same = self.answer is not None and (self.answer.ok, self.answer.code) == (ok, code)
        since = self.answer.since if same and self.answer else now
        self.answer = Answer(ok, code, reason, since)
        if ok:
            self._pause_s = EVERY_S

    def _ask(self) -> tuple[bool, str | None, str]:
        connection = http.client.HTTPConnection(*self._address, timeout=PATIENCE_S)
        try:
            connection.request("GET", _PATH)
            response = connection.getresponse()
            told = json.loads(response.read())
        finally:
            connection.close()
        return response.status == http.client.OK, told.get("code"), str(told.get("reason"))


def _reachable(host: str) -> str:
    """Return the address at which to reach a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
