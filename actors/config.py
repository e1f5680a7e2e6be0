"""What coordinator and workers are told once, by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass

from actors.retoucher import Retoucher
from models.codec.header import Limits
from storage.blobs import Blobs
from storage.journal import Journal

NAMESPACE = "photobatch"


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """How a worker works. The callables build its parts in its own process."""

    open_blobs: Callable[[], Blobs]
    make_retoucher: Callable[[], Retoucher]
    limits: Limits
    timeout_s: float  # a photo may stay in the worker no longer
    file_roots: tuple[str, ...] = ()
    allowed_hosts: frozenset[str] = frozenset()
    orphaned_s: float = 60.0  # without a coordinator for so long, a worker leaves


@dataclass(frozen=True, slots=True)
class CoordinatorConfig:
    """How the coordinator decides."""

    open_journal: Callable[[], Journal]
    open_blobs: Callable[[], Blobs]
    worker: WorkerConfig
    max_workers: int
    gpu_fraction: float
    max_queue: int  # batches that have not ended
    max_photos: int  # of one batch
    retry_count: int
    result_ttl_s: float
    version: str
    namespace: str = NAMESPACE
    abandoned_s: float = 60.0  # without an ingress for so long, the coordinator leaves and takes the workers along
