"""One lease on its way through a worker."""

from dataclasses import dataclass, field

from actors.messages.records import BatchSpec, Lease
from actors.worker.attachments import Attached


@dataclass(slots=True)
class Work:
    """A leased photo in a worker."""

    lease: Lease
    job: BatchSpec
    begun: bool = False
    data: bytes = b""
    attached: Attached = field(default_factory=dict)
    timings_ms: dict[str, float] = field(default_factory=dict)
