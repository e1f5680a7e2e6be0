"""Settings and findings of a chaos run."""

from dataclasses import dataclass, field
from typing import Any, Literal

Journal = Literal["sqlite", "redis"]
JOURNALS: tuple[Journal, ...] = ("sqlite", "redis")
PHOTOS, QUICK_PHOTOS = 400, 160  # in each round


@dataclass(frozen=True, slots=True)
class ChaosSettings:
    """Settings of one run. The seed determines photos, batches and the order of kills, but not the timing."""

    seed: int
    minutes: float
    journal: Journal = "sqlite"
    photos: int = PHOTOS  # a round
    settle_s: float = 110.0  # time for sweeping after dead workers: the time-out and 70 s, with a margin
    task_timeout_s: float = 20.0
    freeze: bool = True  # also SIGSTOP, which may take half a minute to be noticed
    patience_s: float = 90.0  # of a client, and of a batch without progress


@dataclass(slots=True)
class ChaosReport:
    """The report of a run."""

    settings: ChaosSettings
    photos: int = 0
    batches: int = 0
    rounds: int = 0
    seconds: float = 0.0
    kills: dict[str, int] = field(default_factory=dict)
    kill_log: list[dict[str, Any]] = field(default_factory=list)
    recovery_s: dict[str, list[float]] = field(default_factory=dict)  # of what was hit alone, by kind
    recovery_from_both_s: list[float] = field(default_factory=list)  # of what was hit before the last was healed
    losses: int = 0  # photos that did not end as they had to, or whose result is not there as recorded; lost batches
    duplicates: int = 0  # batches made twice, results written or told twice
    strays: int = 0  # blobs of attempts that were not accepted, at the end of the patience
    extra_attempts: int = 0  # leases beyond the first, retries of what failed included
    crashed: int = 0  # photos that failed as worker_crashed, explained by the log
    reconnects: int = 0
    read_early: int = 0
    pauses: int = 0
    repeats: int = 0
    idle_bytes: int = 0
    after_bytes: int = 0
    violations: list[str] = field(default_factory=list)
