"""A client that uses controls during the kills: it pauses, resumes, and repeats submits."""

import threading
from random import Random

import httpx

from benchmarks.faults.client import GaveUpError, PatientClient
from benchmarks.faults.load import Load, Order

_FINE = frozenset({httpx.codes.OK, httpx.codes.CONFLICT})  # 409: it has ended meanwhile


class Controls:
    """Works in a thread of its own until the end of a round; leaves no batch paused."""

    def __init__(self, seed: int, load: Load, client: PatientClient, taken: dict[str, Order]) -> None:
        self._random = Random(seed)
        self._load = load
        self._client = client
        self._taken = taken  # by task id; grows while batches are submitted
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._steer, name="controls", daemon=True)
        self.pauses = 0
        self.repeats = 0
        self.violations: list[str] = []

    def start(self) -> "Controls":
        """Begin."""
        self._thread.start()
        return self

    def finish(self) -> None:
        """Stop, after resuming all paused batches."""
        self._over.set()
        self._thread.join()

    def _steer(self) -> None:
        while not self._over.wait(self._random.uniform(1.0, 4.0)):
            try:
                self._act()
            except GaveUpError as error:
                self.violations.append(f"a control was never answered: {error}")

    def _act(self) -> None:
        if not self._taken:
            return
        task_id, order = self._random.choice(list(self._taken.items()))
        if self._random.random() < 0.5:
            self.repeats += 1
            again = self._load.submit(order, self._client)
            if again != task_id:
                self.violations.append(f"the submit of {task_id}, repeated under its key, made another batch: {again}")
            return
        self.pauses += 1
        self._control(task_id, "pause")
        self._over.wait(self._random.uniform(0.5, 2.0))
        self._control(task_id, "resume")

    def _control(self, task_id: str, action: str) -> None:
        answer = self._client.ask("POST", f"/api/v1/batch/{task_id}/{action}")
        if answer.status_code not in _FINE:
            self.violations.append(f"{action} of {task_id} was answered with {answer.status_code} {answer.text[:200]}")
