"""SIGKILL and SIGSTOP at random, from a seed, with a log of the kills."""

import time
from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from random import Random
from typing import Any

import psutil

from benchmarks.faults.flow import Flow
from benchmarks.servers.redis_server import RedisServer
from benchmarks.servers.server import Server
from deployments.local.family import is_stopped

STUCK_S = 60.0  # without flow for longer after a kill, recovery has failed
ENOUGH = 30  # photos that must be waiting before a kill, so that its recovery can be seen
_POLL_S = 0.02
_OVERLAP = 0.2  # share of kills that do not wait for recovery from the last one


class Kind(StrEnum):
    """The kinds of targets."""

    WORKER = "worker"
    COORDINATOR = "coordinator"
    INGRESS = "ingress"  # the process of `photobatch serve` that answers HTTP
    RAYLET = "raylet"
    GCS = "GCS"
    SERVICE = "service"  # `photobatch serve` with all its processes; started again afterwards
    REDIS = "redis"  # started again afterwards
    FROZEN_WORKER = "frozen worker"
    FROZEN_COORDINATOR = "frozen coordinator"
    FROZEN_INGRESS = "frozen ingress"
    FROZEN_RAYLET = "frozen raylet"
    FROZEN_GCS = "frozen GCS"


_FREEZES = "frozen "
# Words that identify a process by its command line; Ray sets the titles of actors.
_WORD = {
    "worker": "ray::Worker",
    "coordinator": "ray::Coordinator",
    "ingress": "deployments.local.process",
    "raylet": "/raylet/raylet",
    "GCS": "/gcs/gcs_server",
}
_WEIGHT = {Kind.WORKER: 5, Kind.COORDINATOR: 3, Kind.REDIS: 2}  # 1 of the others
# If the ingress or Ray's own processes die, the workers die too.
WORKER_DEATHS = frozenset(Kind) - {Kind.COORDINATOR, Kind.FROZEN_COORDINATOR, Kind.REDIS}


@dataclass(slots=True)
class Kill:
    """One kill. `recovery_s` is None when another came before it was healed, or too little work was left to tell.

    `alone`: the one before was seen to be healed, and nothing is frozen any more; else the recovery is from both.
    """

    kind: Kind
    at: float  # unix seconds
    pid: int | None = None
    down_s: float = 0.0  # until it was started again, if this benchmark must do that
    start_s: float = 0.0  # duration of the start
    recovery_s: float | None = None
    alone: bool = True


class Killer:
    """Kills one thing at a time, waits (mostly) until photos flow again, and repeats.

    Recovery is the time until photos flow again: from the SIGKILL (for the service and Redis: from the command that
    starts it again) until a client is told of the first end of a photo that was leased after that moment. Photos whose
    lease was not reported to a client are left out, so the figure tends to be too long, not too short. For the ingress,
    through which no photos pass, it is the time until a client that connected after the kill got its first message.
    Frozen processes stay frozen: the service must notice, end and replace them.
    """

    def __init__(self, seed: int, server: Server, flow: Flow, redis: RedisServer | None, *, freeze: bool) -> None:
        self._random = Random(seed)
        self._server = server
        self._flow = flow
        self._redis = redis
        self._kinds = [
            kind
            for kind in Kind
            if (kind is not Kind.REDIS or redis is not None) and (freeze or not kind.startswith(_FREEZES))
        ]
        self._first = self._random.sample(self._kinds, len(self._kinds))  # each kind once, then at random
        self._stopped: list[psutil.Process] = []
        self.log: list[Kill] = []
        self.violations: list[str] = []

    def strike(self) -> None:
        """Kill one thing and, mostly, wait for recovery."""
        weights = [_WEIGHT.get(kind, 1) for kind in self._kinds]
        kind = self._first.pop() if self._first else self._random.choices(self._kinds, weights)[0]
        overlapped = self._random.random() < _OVERLAP
        time.sleep(self._random.uniform(0.3, 2.0))
        # Photos may flow past what is frozen, until the supervisor ends everything.
        healed = not self.log or self.log[-1].recovery_s is not None
        kill = Kill(kind, time.time(), alone=healed and not any(map(is_stopped, self._stopped)))
        since = self._kill(kill)
        if since is None:
            return
        self.log.append(kill)
        if overlapped:
            time.sleep(self._random.uniform(0.1, 0.8))
        else:
            self._heal(kill, since)

    def counts(self) -> dict[str, int]:
        """Return the kills by kind."""
        return dict(Counter(kill.kind.value for kill in self.log))

    def as_json(self) -> list[dict[str, Any]]:
        """Return the log."""
        return [asdict(kill) for kill in self.log]

    def _kill(self, kill: Kill) -> float | None:
        """Return the monotonic time from which recovery counts; None when there was nothing to kill."""
        if kill.kind is Kind.SERVICE:
            self._server.kill(self._random)
            return self._again(kill, self._server)
        if kill.kind is Kind.REDIS and self._redis is not None:
            self._redis.kill()
            return self._again(kill, self._redis)
        found = processes_of(self._server, kill.kind)
        if not found:  # it is just being replaced
            return None
        victim = self._random.choice(found)
        kill.pid, kill.at = victim.pid, time.time()
        since = time.monotonic()
        try:
            if kill.kind.startswith(_FREEZES):
                victim.suspend()
                self._stopped.append(victim)
            else:
                victim.kill()
        except psutil.NoSuchProcess:
            return None
        return since

    def _again(self, kill: Kill, what: Server | RedisServer) -> float:
        time.sleep(self._random.uniform(0.0, 1.0))
        kill.down_s = time.time() - kill.at
        since = time.monotonic()
        what.start()
        kill.start_s = time.monotonic() - since
        return since

    def _heal(self, kill: Kill, since: float) -> None:
        ingress = kill.kind in {Kind.INGRESS, Kind.FROZEN_INGRESS}
        looks = self._flow.answered_after if ingress else self._flow.again_after
        while (healed := looks(since)) is None:
            if self._flow.waiting() == 0:  # without work nothing flows
                return
            if time.monotonic() > since + STUCK_S:
                self.violations.append(f"no photo flowed for {STUCK_S:.0f} s after this was hit: {kill.kind}")
                return
            time.sleep(_POLL_S)
        kill.recovery_s = healed - since


def processes_of(server: Server, kind: Kind) -> list[psutil.Process]:
    """List the server's processes of a kind."""
    word = _WORD[kind.removeprefix(_FREEZES)]
    return [process for process in server.family() if word in _command(process)]


def _command(process: psutil.Process) -> str:
    """Return the program, or the module that Python runs, or the title that Ray has given an actor."""
    try:
        return " ".join(process.cmdline()[:4])
    except psutil.Error:
        return ""
