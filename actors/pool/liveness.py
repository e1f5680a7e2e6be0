"""Liveness: finds frozen workers, which have not died but do not answer."""

import logging
import time
from contextlib import suppress

from ray.exceptions import RayError

from actors import directory
from actors.background import Background
from actors.pool import placement
from actors.pool.config import PoolConfig
from actors.pool.pool import Pool
from actors.pool.worker_record import WorkerRecord, WorkerState

log = logging.getLogger(__name__)

ASK_AFTER = 3  # silent rounds before a worker is asked for a sign of life
STARTING = 4  # factor of patience for a starting process, which loads libraries in silence


class Liveness:
    """Asks silent workers for a sign of life, and ends those that give none.

    The loop of a living worker answers while photos are fetched, computed and stored, unless native code holds the
    GIL. Therefore a worker whose crumb says that it computes is spared until its photo's time is up.
    """

    def __init__(self, config: PoolConfig, pool: Pool) -> None:
        self._config = config
        self._pool = pool
        self._spawn = Background().spawn

    def tick(self) -> None:
        """Take a round, once a second. Rounds are counted: a coordinator that was frozen itself suspects nobody."""
        for worker in self._pool.workers.values():
            if not worker.node_id:  # it is not placed yet
                continue
            worker.silent += 1
            patience = self._config.silent_s * (STARTING if worker.state is WorkerState.STARTING else 1)
            if worker.silent >= min(ASK_AFTER, patience / 2) and not worker.asked:
                worker.asked = True
                self._spawn(self._ask(worker))
            if worker.silent > patience and not worker.judged and time.monotonic() >= worker.spared_until:
                worker.judged = True
                self._spawn(self._judge(worker, patience))

    async def _ask(self, worker: WorkerRecord) -> None:
        try:
            with suppress(RayError):  # it died; that is noticed elsewhere
                await worker.handle.pid.remote()
                worker.silent = 0
        finally:
            worker.asked = False

    async def _judge(self, worker: WorkerRecord, patience: float) -> None:
        try:
            computing = await placement.peek_crumb_on(worker.node_id, worker.crumb)
            if worker.silent <= patience:  # it answered meanwhile
                return
            if computing is not None:
                left = min(computing.deadline - time.time(), self._config.worker.timeout_s) + self._config.grace_s
                if left > 0:
                    worker.spared_until = time.monotonic() + left
                    return
            self._end(worker, overdue=computing is not None)
        finally:
            worker.judged = False

    def _end(self, worker: WorkerRecord, *, overdue: bool) -> None:
        """Kill it. A stopped process cannot exit by itself: Ray's raylet sends SIGKILL five seconds later."""
        log.warning("worker frozen: it is killed", extra={"worker": worker.worker_id})
        worker.overdue, worker.frozen = overdue, not overdue
        directory.end_actor(worker.handle)
