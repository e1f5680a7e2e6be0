"""Asks the service's own port how it is, end to end, as a client would: HTTP, coordinator, journal, workers."""

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
    """What health said: `ok`, or a code and a reason. `since` is when it began to say so (monotonic seconds)."""

    ok: bool
    code: str | None
    reason: str
    since: float


class Probe:
    """Asks in a thread of its own, one question at a time.

    `answer` is the last one. `silent_s` is for how long nothing has answered HTTP, counted by questions: where this
    process itself was stopped for a while, that counts as one of them.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = _reachable(host), port
        self._over = threading.Event()
        self.silent_s = 0.0
        self.answer: Answer | None = None
        self._pause_s = HURRIED_S
        threading.Thread(target=self._run, name="probe", daemon=True).start()

    def end(self) -> None:
        """Ask no more."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(self._pause_s):
            began = time.monotonic()
            try:
                self._take(*self._ask())
                self.silent_s = 0.0
            except ValueError:  # the server itself answers, and not the application: it has too many connections
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
    """Return where to reach what listens at `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
