"""One round: batches are submitted, watched and controlled during the kills, until all have ended."""

import threading
import time
from collections.abc import Iterable
from random import Random

from benchmarks.faults.client import GaveUpError, PatientClient
from benchmarks.faults.controls import Controls
from benchmarks.faults.flow import Flow
from benchmarks.faults.killer import ENOUGH, Killer
from benchmarks.faults.load import Load, Order
from benchmarks.faults.reader import Reader
from benchmarks.faults.watcher import Watcher

_STAGGER_S = 3.0  # longest interval between a user's batches
_POLL_S = 0.05


class Round:
    """Runs the orders of one round. `taken` and `watchers` hold their outcomes, by task id."""

    def __init__(self, seed: int, *, load: Load, client: PatientClient, url: str, flow: Flow, reader: Reader) -> None:
        self._random = Random(seed)
        self._load = load
        self._client = client
        self._url = url
        self._flow = flow
        self._reader = reader
        self._lock = threading.Lock()
        self.taken: dict[str, Order] = {}
        self.submitted_at: dict[str, float] = {}
        self.watchers: dict[str, Watcher] = {}
        self.violations: list[str] = []
        self.controls = Controls(seed, load, client, self.taken)

    def run(self, orders: list[Order], killer: Killer | None, until: float, patience_s: float) -> None:
        """Submit everything and return when all has ended; kill and control until `until` (monotonic)."""
        users = self._hand_in(orders)
        if killer is not None:
            self.controls.start()
        heard, at = -1, time.monotonic()
        while any(user.is_alive() for user in users) or self._running():
            if killer is not None and time.monotonic() < until and self._flow.waiting() >= ENOUGH:
                killer.strike()
            time.sleep(_POLL_S)
            if (now := sum(watcher.testimony.version for watcher in list(self.watchers.values()))) != heard:
                heard, at = now, time.monotonic()
            elif time.monotonic() > at + patience_s:
                self.violations.append(f"nothing was heard of any batch for {patience_s:.0f} s")
                break
        if killer is not None:
            self.controls.finish()
        self.violations += self.controls.violations
        for watcher in self.watchers.values():
            watcher.leave()

    def _hand_in(self, orders: list[Order]) -> list[threading.Thread]:
        by_user: dict[str, list[Order]] = {}
        for order in orders:
            by_user.setdefault(order.user, []).append(order)
        users = []
        for name, mine in by_user.items():
            pauses = [self._random.uniform(0.0, _STAGGER_S) for _ in mine]
            user = threading.Thread(target=self._submit, args=(mine, pauses), name=name, daemon=True)
            user.start()
            users.append(user)
        return users

    def _submit(self, orders: Iterable[Order], pauses: Iterable[float]) -> None:
        for order, pause in zip(orders, pauses, strict=True):
            time.sleep(pause)
            began = time.time()
            try:
                task_id = self._load.submit(order, self._client)
            except GaveUpError as error:
                self.violations.append(f"a batch of {order.user} was not taken: {error}")
                continue
            watcher = Watcher(self._url, task_id, self._flow, self._reader.ended).start()
            with self._lock:
                self.submitted_at[task_id] = began
                self.watchers[task_id] = watcher
                self.taken[task_id] = order

    def _running(self) -> list[Watcher]:
        return [watcher for watcher in list(self.watchers.values()) if not watcher.testimony.done]
