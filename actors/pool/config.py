"""What the pool of workers is told by the composition root."""

from dataclasses import dataclass
from typing import Literal

from actors.directory import NAMESPACE
from actors.pool.demand import Elastic
from actors.worker.config import WorkerConfig


@dataclass(frozen=True, slots=True)
class Gpus:
    """What a worker asks Ray for."""

    fraction: float = 0.25  # of a GPU; counted in thousandths
    use: Literal["auto", "always", "never"] = "auto"  # auto: where the cluster has GPUs when a worker is started


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """How workers are started, kept and ended."""

    worker: WorkerConfig
    elastic: Elastic
    gpus: Gpus
    namespace: str = NAMESPACE
    release: float = 0.0  # unix time of the deployment; a coordinator hands over to a later one, and workers leave
    silent_s: float = 30.0  # a worker that says nothing for so long and computes nothing is frozen
    grace_s: float = 30.0  # how long after its time-out a silent worker with leases is killed
