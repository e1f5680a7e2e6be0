"""A client that follows the contract: it retries while the service is unavailable."""

import re
import time
from collections.abc import Iterable
from typing import Any

import httpx

AGAIN = frozenset({429, 502, 503, 504})
_PAUSE_S = 0.2


class GaveUpError(Exception):
    """The service did not answer for longer than a client's patience."""


class PatientClient:
    """Repeats a request until it is answered. Every request here may be repeated: GETs, keyed submits, controls."""

    def __init__(self, url: str, patience_s: float) -> None:
        self._patience_s = patience_s
        self._http = httpx.Client(
            base_url=url, timeout=httpx.Timeout(20.0), trust_env=False, limits=httpx.Limits(max_connections=32)
        )
        self._strange: dict[str, list[float]] = {}  # times of answers that no kill explains

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Return the first real answer; raises GaveUpError."""
        deadline = time.monotonic() + self._patience_s
        last = "nothing"
        while time.monotonic() < deadline:
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                last = repr(error)
            else:
                last = f"{answer.status_code} {answer.text[:300]}" if answer.status_code >= 400 else ""
                if _is_strange(answer):
                    what = f"{method} {_route(path)} was answered with {answer.status_code} {_said(answer)}"
                    self._strange.setdefault(what, []).append(time.time())
                elif answer.status_code not in AGAIN and "idempotency_in_progress" not in last:
                    return answer
            time.sleep(_PAUSE_S)
        raise GaveUpError(f"{method} {path}: no answer for {self._patience_s:.0f} s, the last was {last}")

    def json(self, path: str, **params: Any) -> dict[str, Any]:
        """Return the JSON of a GET; raises GaveUpError, also for an answer other than 200."""
        answer = self.ask("GET", path, params=params)
        if answer.status_code != httpx.codes.OK:
            raise GaveUpError(f"GET {path} was answered with {answer.status_code} {answer.text[:300]}")
        said: dict[str, Any] = answer.json()
        return said

    def photos(self, task_id: str) -> list[dict[str, Any]]:
        """Return all photos of a batch."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.json(f"/api/v1/batch/{task_id}/photos", limit=100, **cursor)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}

    def strange(self, deaths: Iterable[float] = ()) -> list[str]:
        """Describe answers that no client should get, with the time since the last kill (unix seconds)."""
        known = sorted(deaths)
        return [_told(what, times, known) for what, times in self._strange.items()]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _is_strange(answer: httpx.Response) -> bool:
    """A 500, or a refusal without a problem document."""
    if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
        return True
    problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    return 400 <= answer.status_code < 500 and not problem


def _route(path: str) -> str:
    return re.sub(r"/b[0-9a-z]{30}", "/{task_id}", re.sub(r"/photos/\d+", "/photos/{index}", path))


def _said(answer: httpx.Response) -> str:
    return _route(answer.text[:200])


def _told(what: str, times: list[float], deaths: list[float]) -> str:
    after = [min(came - death for death in deaths if death <= came) for came in times if deaths and deaths[0] <= came]
    where = f", {min(after):.1f} to {max(after):.1f} s after a death" if after else ""
    return f"{what} ({len(times)} times{where})"
