"""What the ingress's routes work with; built in compose.py."""

from dataclasses import dataclass

from actors.messages.coordinator_api import CoordinatorApi
from actors.previews import Previews
from actors.sources.fetch import Roots
from deployments.gate.access import Access
from models.codec.header import Limits
from models.weights import WeightStore
from presets.catalogue import Catalogue
from storage.blobs import Blobs


@dataclass(frozen=True, slots=True)
class Restarts:
    """How often, and why last, the supervisor of `photobatch serve` has started this process anew."""

    count: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """The ingress's whole world."""

    coordinator: CoordinatorApi
    blobs: Blobs
    catalogue: Catalogue
    limits: Limits
    max_photos: int
    roots: Roots
    least_room: int  # bytes free, or no file is taken
    callbacks: bool  # whether a callback_url may be named: calls need a secret to sign with
    version: str
    previews: Previews
    weights: WeightStore  # as far as they lie on this machine
    access: Access
    signed_downloads: float | None = None  # seconds for which the store's own addresses are good; None: none are given
    restarts: Restarts = Restarts()
