"""Asks the service's own port how it is, end to end, as a client would: HTTP, coordinator, journal, workers."""

import http.client
import json
import threading
import time
from dataclasses import dataclass

EVERY_S, HURRIED_S = 2.0, 0.1  # when it is well, and as long as it is not
PATIENCE_S = 10.0
_PATH = "/api/v1/health"


@dataclass(frozen=True, slots=True)
class Answer:
    """What health said: `ok`, or a code and a reason. `since` is when it began to say so (monotonic seconds)."""

    ok: bool
    code: str | None
    reason: str
    since: float


class Probe:
    """Asks in a thread of its own, one question at a time; `answer` is the last one, `silent_s` its age."""

    def __init__(self, host: str, port: int) -> None:
        self._address = _reachable(host), port
        self._over = threading.Event()
        self._heard = time.monotonic()
        self.answer: Answer | None = None
        threading.Thread(target=self._run, name="probe", daemon=True).start()

    @property
    def silent_s(self) -> float:
        """Seconds since health last answered, whatever it said."""
        return time.monotonic() - self._heard

    def end(self) -> None:
        """Ask no more."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                ok, code, reason = self._ask()
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                self._over.wait(HURRIED_S)
                continue
            self._heard = time.monotonic()
            same = self.answer is not None and (self.answer.ok, self.answer.code) == (ok, code)
            since = self.answer.since if same and self.answer else self._heard
            self.answer = Answer(ok, code, reason, since)
            self._over.wait(EVERY_S if ok else HURRIED_S)

    def _ask(self) -> tuple[bool, str | None, str]:
        connection = http.client.HTTPConnection(*self._address, timeout=PATIENCE_S)
        try:
            connection.request("GET", _PATH)
            response = connection.getresponse()
            told = json.loads(response.read())
        finally:
            connection.close()
        return response.status == http.client.OK, told["code"], str(told["reason"])


def _reachable(host: str) -> str:
    """Return where to reach what listens at `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
