"""The configuration of a worker."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from actors.logs import LogConfig
from actors.sources.fetch import Roots
from actors.worker.retoucher import Retoucher
from models.codec.header import Limits
from storage.blobs import Blobs

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """Settings of a worker. The callables build its parts in the worker's own process."""

    open_blobs: Callable[[], Blobs]
    make_retoucher: Callable[[], Retoucher]
    limits: Limits
    timeout_s: float  # longest time of a photo in the worker
    roots: Roots = Roots()  # noqa: RUF009 - it never changes
    allowed_hosts: frozenset[str] = frozenset()
    orphaned_s: float = 60.0  # without a coordinator for longer, a worker leaves
    release: float = 0.0  # see PoolConfig
    logs: LogConfig = field(default_factory=LogConfig)
    open_tracer: "Callable[[str], Tracer | None] | None" = None  # by the worker's name; None: nothing is traced
