"""What coordinator and workers are told once, by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from actors.demand import Elastic
from actors.fetch import Roots
from actors.logs import LogConfig
from actors.records import Json
from actors.retoucher import Retoucher
from models.codec.header import Limits
from storage.blobs import Blobs
from storage.journal import Journal

NAMESPACE = "photobatch"
LEAST_ROOM = 64 << 20


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """How a worker works. The callables build its parts in its own process."""

    open_blobs: Callable[[], Blobs]
    make_retoucher: Callable[[], Retoucher]
    limits: Limits
    timeout_s: float  # a photo may stay in the worker no longer
    roots: Roots = Roots()  # noqa: RUF009 - it never changes
    allowed_hosts: frozenset[str] = frozenset()
    orphaned_s: float = 60.0  # without a coordinator for so long, a worker leaves
    release: float = 0.0  # see CoordinatorConfig
    logs: LogConfig = field(default_factory=LogConfig)


@dataclass(frozen=True, slots=True)
class Gpus:
    """What a worker asks Ray for."""

    fraction: float = 0.25  # of a GPU; counted in thousandths
    use: Literal["auto", "always", "never"] = "auto"  # auto: where the cluster has GPUs when a worker is started


@dataclass(frozen=True, slots=True)
class CallbackConfig:
    """How a batch's end is told to its callback_url."""

    secret: str  # signs each call
    encode: Callable[[Json], bytes]  # a batch's view to the body of the call
    allowed_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CoordinatorConfig:
    """How the coordinator decides."""

    open_journal: Callable[[], Journal]
    open_blobs: Callable[[], Blobs]
    worker: WorkerConfig
    elastic: Elastic
    gpus: Gpus
    max_queue: int  # batches that have not ended
    max_queued_photos: int  # of all of them, waiting
    max_photos: int  # of one batch
    retry_count: int
    result_ttl_s: float
    version: str
    callbacks: CallbackConfig | None = None  # None: a callback_url was refused at the door
    local_blobs: bool = False  # each machine has a folder of its own: nothing for more than one of them
    reuse: bool = True  # a photo that was done before is answered by a copy of its result
    least_room: int = LEAST_ROOM  # bytes free, or nothing is leased
    upload_ttl_s: float = 86_400.0  # an upload that no batch names is kept for so long
    logs: LogConfig = field(default_factory=LogConfig)
    namespace: str = NAMESPACE
    release: float = 0.0  # unix time of the deployment; a coordinator hands over to a later one, and workers leave
    silent_s: float = 30.0  # a worker that says nothing for so long and computes nothing is frozen
    grace_s: float = 30.0  # how long after its time-out a silent worker with leases is killed
    abandoned_s: float = 60.0  # without an ingress for so long, the coordinator leaves and takes the workers along
    max_queue_per_user: int | None = None  # batches of one user, paused ones too; None: as many as the service's
    max_queued_photos_per_user: int | None = None  # of one user, waiting, those of paused batches too; None: likewise
    max_upload_bytes_per_user: int | None = None  # that no batch names; None: no limit

    @property
    def late_s(self) -> float:
        """How long a worker that was given up may still store something: its put, or its wait for a coordinator."""
        return self.worker.timeout_s + self.worker.orphaned_s + 10.0
