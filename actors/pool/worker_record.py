"""One worker as the coordinator knows it."""

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from actors.messages.records import Grant


class Kind(StrEnum):
    """What a worker reserves: a core, or a part of a GPU."""

    CPU = "cpu"
    GPU = "gpu"


class Place(NamedTuple):
    """Where workers of a kind are; faults are counted by place."""

    node_id: str
    kind: Kind


class WorkerState(StrEnum):
    """starting → ready; ready workers that hold photos are busy."""

    STARTING = "starting"
    READY = "ready"


@dataclass(slots=True)
class WorkerRecord:
    """A worker, how it is, and what has been decided about it."""

    worker_id: str
    handle: Any  # ray.actor.ActorHandle
    crumb: str = ""  # path of its crumb file on its node
    node_id: str = ""
    address: str = ""  # of that node
    pid: int = 0  # of its process on that node; 0: not known
    state: WorkerState = WorkerState.STARTING
    kind: Kind = Kind.CPU
    born: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    leaving: bool = False  # of an earlier release, or on a node in quarantine: it gets no more leases
    ours: bool = False  # ended on purpose: no strike, no back-off
    overdue: bool = False  # ended because its own watchdog did not: its photo has timed out
    frozen: bool = False  # ended because it was silent: no photo is blamed
    silent: int = 0  # rounds without a sign of life; this and the next three are for Liveness
    asked: bool = False
    judged: bool = False
    spared_until: float = 0.0
    shown: float = 0.0  # time of its last preview
    worked: float = field(default_factory=time.monotonic)  # when it last held photos
    turn: int = -1  # number of the exchange that `answer` answers
    answer: asyncio.Future[Grant] | None = None

    @property
    def place(self) -> Place:
        """Where it is; the node is empty until Ray has placed it."""
        return Place(self.node_id, self.kind)
