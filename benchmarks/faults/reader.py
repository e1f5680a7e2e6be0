"""Reads results as soon as they are reported."""

import hashlib
import queue
import threading
from typing import Any

import httpx

from benchmarks.faults.client import GaveUpError, PatientClient

JPEG = b"\xff\xd8\xff"


class Reader:
    """Downloads each result once, when its photo is first reported as succeeded, in a thread of its own."""

    def __init__(self, client: PatientClient) -> None:
        self._client = client
        self._todo: queue.SimpleQueue[tuple[str, dict[str, Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="reader", daemon=True)
        self.early: dict[tuple[str, int], str] = {}  # SHA-256 of what was read
        self.violations: list[str] = []
        self._thread.start()

    def ended(self, task_id: str, photo: dict[str, Any]) -> None:
        """Note a photo that has ended."""
        if photo["status"] == "succeeded":
            self._todo.put((task_id, photo))

    def close(self) -> None:
        """Read the remaining results, then stop."""
        self._todo.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (item := self._todo.get()) is not None:
            task_id, photo = item
            try:
                content = read_result(self._client, task_id, photo["index"])
            except GaveUpError as error:
                self.violations.append(f"batch {task_id}: photo {photo['index']} was told to be there: {error}")
            else:
                self.early[task_id, photo["index"]] = hashlib.sha256(content).hexdigest()


def read_result(client: PatientClient, task_id: str, index: int) -> bytes:
    """Return the bytes of a result; raises GaveUpError, also for any answer other than 200."""
    answer = client.ask("GET", f"/api/v1/batch/{task_id}/photos/{index}/result")
    if answer.status_code != httpx.codes.OK:
        raise GaveUpError(f"its result was answered with {answer.status_code} {answer.text[:200]}")
    return answer.content
