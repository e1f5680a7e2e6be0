"""The coordinator's configuration, made by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass, field

from actors.logs import LogConfig
from actors.messages.records import Json
from actors.pool.config import PoolConfig
from storage.blobs import Blobs
from storage.journal import Journal

LEAST_ROOM = 64 << 20


@dataclass(frozen=True, slots=True)
class CallbackConfig:
    """How the end of a batch is reported to its callback_url."""

    secret: str  # signs each call
    encode: Callable[[Json], bytes]  # from a batch's view to the body of the call
    allowed_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CoordinatorConfig(PoolConfig):
    """Limits, time-outs and factories of the coordinator."""

    open_journal: Callable[[], Journal]
    open_blobs: Callable[[], Blobs]
    max_queue: int  # batches that have not ended
    max_queued_photos: int  # of all of them, waiting
    max_photos: int  # of one batch
    retry_count: int
    result_ttl_s: float
    version: str
    callbacks: CallbackConfig | None = None  # None: the ingress refuses a callback_url
    local_blobs: bool = False  # blobs are in a folder of one machine: not for several machines
    reuse: bool = True  # copy the result of an earlier photo instead of computing it again
    least_room: int = LEAST_ROOM  # bytes free, or nothing is leased
    upload_ttl_s: float = 86_400.0  # how long an upload that no batch names is kept
    logs: LogConfig = field(default_factory=LogConfig)
    abandoned_s: float = 60.0  # without an ingress for longer, the coordinator ends with its workers
    open_idle_s: float = 3600.0  # after which an open batch is closed, if no photo comes
    recent_s: float = 60.0  # how long the photos of a batch that has ended stay in memory
    max_queue_per_user: int | None = None  # batches of one user, paused ones too; None: as many as the service's
    max_queued_photos_per_user: int | None = None  # of one user, waiting, those of paused batches too; None: likewise
    max_upload_bytes_per_user: int | None = None  # that no batch names; None: no limit

    @property
    def late_s(self) -> float:
        """How long a lost worker may still store something: a put in progress, or its wait for a coordinator."""
        return self.worker.timeout_s + self.worker.orphaned_s + 10.0
