"""The configuration of the worker pool, made by the composition root."""

from dataclasses import dataclass
from typing import Literal

from actors.directory import NAMESPACE
from actors.pool.demand import Elastic
from actors.worker.config import WorkerConfig


@dataclass(frozen=True, slots=True)
class Gpus:
    """The GPU share that a worker requests from Ray."""

    fraction: float = 0.25  # of a GPU; counted in thousandths
    use: Literal["auto", "always", "never"] = "auto"  # auto: if the cluster has GPUs when a worker is started


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """How workers are started, kept and ended."""

    worker: WorkerConfig
    elastic: Elastic
    gpus: Gpus
    namespace: str = NAMESPACE
    release: float = 0.0  # unix time of the deployment; a coordinator hands over to a later one, and workers leave
    silent_s: float = 30.0  # a worker that is silent for longer and computes nothing is frozen
    grace_s: float = 30.0  # time after its photo's time-out until a silent worker is killed
