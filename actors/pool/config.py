"""The configuration of the worker pool, made by the composition root."""

from dataclasses import dataclass
from typing import Literal

from actors.directory import NAMESPACE
from actors.pool.demand import Elastic
from actors.worker.config import WorkerConfig


@dataclass(frozen=True, slots=True)
class Gpus:
    """GPU workers: the share that each requests from Ray, and how many there may be."""

    fraction: float = 0.25  # of a GPU; counted in thousandths
    use: Literal["auto", "always", "never"] = "auto"  # always: also on GPUs that an autoscaler would add
    most: int | None = None  # None: as many as fit on the GPUs that are there
    take_all: bool = False  # they take every batch, those of networks first

    @property
    def share(self) -> float:
        """A worker's part of a GPU in whole thousandths, so that three thirds or ten tenths fit."""
        return max(1, int(self.fraction * 1000)) / 1000

    def workers_on(self, devices: int) -> int:
        """Return how many workers there may be while the cluster has so many GPUs."""
        if self.use == "never":
            return 0
        on_one = 1000 // max(1, int(self.fraction * 1000))
        fit = devices * on_one
        if self.use == "always":
            return max(fit, on_one) if self.most is None else self.most
        return fit if self.most is None else min(self.most, fit)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """How workers are started, kept and ended."""

    worker: WorkerConfig
    elastic: Elastic  # of CPU workers
    gpus: Gpus
    namespace: str = NAMESPACE
    release: float = 0.0  # unix time of the deployment; a coordinator hands over to a later one, and workers leave
    silent_s: float = 30.0  # a worker that is silent for longer and computes nothing is frozen
    grace_s: float = 30.0  # time after its photo's time-out until a silent worker is killed
