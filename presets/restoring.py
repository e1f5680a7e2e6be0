"""The network ops of a preset: they change the whole picture before any other step."""

from dataclasses import dataclass
from typing import Any, Self

from models.errors import PhotoError
from models.networks import Networks
from models.picture import Pixels


@dataclass(frozen=True, slots=True)
class Restoring:
    """Networks one after the other."""

    networks: Networks
    ops: list[tuple[str, str | None]]  # name, and the pinned SHA-256
    max_pixels: int  # limit of the output

    @classmethod
    def of(cls, params: dict[str, Any], networks: Networks, max_pixels: int) -> Self | None:
        """From validated parameters; None if they name no network."""
        # Batches of earlier versions have no ops.
        ops = [(op["name"], op["sha256"]) for op in params.get("ops", [])]
        return cls(networks, ops, max_pixels) if ops else None

    def run(self, pixels: Pixels) -> Pixels:
        """Return the picture (H, W, 4) after all networks, perhaps enlarged.

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
