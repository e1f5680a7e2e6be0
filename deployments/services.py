"""The services that the ingress's routes use; built in compose.py."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from actors.messages.coordinator_api import CoordinatorApi
from actors.previews import Previews
from actors.sources.fetch import Roots
from deployments.gate.access import Access
from models.codec.header import Limits
from models.weights import WeightStore
from presets.catalogue import Catalogue
from storage.blobs import Blobs

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


@dataclass(frozen=True, slots=True)
class Restarts:
    """How often the supervisor of `photobatch serve` has restarted this process, and the last reason."""

    count: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the routes depend on."""

    coordinator: CoordinatorApi
    blobs: Blobs
    catalogue: Catalogue
    limits: Limits
    max_photos: int
    roots: Roots
    least_room: int  # free bytes below which no file is accepted
    callbacks: bool  # whether a callback_url is allowed: calls need a secret for signing
    version: str
    previews: Previews
    weights: WeightStore  # those on this machine
    access: Access
    signed_downloads: float | None = None  # lifetime of signed addresses at the store in seconds; None: not used
    signed_uploads: bool = False  # whether clients may send files to the store itself
    restarts: Restarts = Restarts()
    tracer: "Tracer | None" = None  # None: nothing is traced
    replica: str = ""  # name of this process among those that answer HTTP; empty where it is the only one
