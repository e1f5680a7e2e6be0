"""The ops of a preset that are networks: they change the whole picture before anything else does."""

from dataclasses import dataclass
from typing import Any, Self

from models.errors import PhotoError
from models.networks import Networks
from models.picture import Pixels


@dataclass(frozen=True, slots=True)
class Restoring:
    """Networks one after the other."""

    networks: Networks
    ops: list[tuple[str, str | None]]  # name, and the SHA-256 that is pinned
    max_pixels: int  # of what may come out

    @classmethod
    def of(cls, params: dict[str, Any], networks: Networks, max_pixels: int) -> Self | None:
        """From validated parameters; None where they name no network."""
        # Batches from before there were any have none.
        ops = [(op["name"], op["sha256"]) for op in params.get("ops", [])]
        return cls(networks, ops, max_pixels) if ops else None

    def run(self, pixels: Pixels) -> Pixels:
        """The picture (H, W, 4) as they make it, larger where they enlarge.

        Raises PhotoError `too_many_pixels`, `model_missing`, `model_damaged`, `model_changed`, `wrong_model`,
        `out_of_memory`.
        """
        for name, sha256 in self.ops:
            network = self.networks.restorer(name, sha256)
            size = pixels.shape[0] * pixels.shape[1] * network.scale**2
            if size > self.max_pixels:
                detail = (
                    f"Enlarged by {name} the picture would have {size / 1e6:,.0f} million pixels and at most "
                    f"{self.max_pixels / 1e6:,.0f} are allowed: make it smaller first."
                )
                raise PhotoError("too_many_pixels", detail)
            pixels = network.run(pixels)
        return pixels
