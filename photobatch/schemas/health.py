"""How a service is: its workers, its queue, and whether it takes work."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from photobatch.schemas.messages import Answer


class WorkerStats(Answer):
    """Workers by state; `max` is the largest number."""

    ready: int
    busy: int
    starting: int
    max: int


class Quarantined(Answer):
    """A node on which no workers of a kind start for a while: it lost more of them than its share."""

    node: str = Field(description="Ray's id of the node.")
    kind: str = Field(description="`cpu` or `gpu`.")
    reason: str
    until: datetime = Field(description="It is tried again then.")


class QueueStats(Answer):
    """The queue; `limit` is in batches."""

    batches: int
    photos: int
    limit: int


class Stats(Answer):
    """Statistics of the service."""

    batches: dict[str, int] = Field(description="By status.")
    photos: dict[str, int] = Field(description="By status, in all kept batches.")
    workers: WorkerStats = Field(description="All workers.")
    gpu_workers: WorkerStats | None = Field(None, description="Those with a GPU, for networks.")
    queue: QueueStats
    photos_per_s: float
    uptime_s: float
    version: str


HealthCode = Literal[
    "starting",
    "no_coordinator",
    "journal_unavailable",
    "journal_behind",
    "journal_damaged",
    "storage_full",
    "storage_unavailable",
    "local_storage",
    "workers_died",
    "no_worker",
]


class Health(Answer):
    """Whether a submit would be processed now; `reason` says why not."""

    status: Literal["ok", "starting", "unavailable"]
    workers: WorkerStats | None
    gpu_workers: WorkerStats | None = Field(None, description="Those of `workers` that have a GPU, for networks.")
    quarantined: list[Quarantined] = Field([], description="Nodes that are not used, or whose GPUs are not.")
    journal: str = Field(description="`ok`, `unavailable`, `behind` (it came back older), `damaged`, or `full`.")
    blobs: str = Field(description="`ok`, `full`, `unavailable`, or `local_storage`: not every machine reaches it.")
    version: str
    code: HealthCode | None = Field(None, description="A stable code for `reason`.")
    reason: str | None = None
    restarts: int = Field(0, description="How often `photobatch serve` has restarted its processes by itself.")
    restart_reason: str | None = Field(None, description="The reason of the last restart.")
