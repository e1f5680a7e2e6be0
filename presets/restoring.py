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
    names: list[str]
    max_pixels: int  # of what may come out

    @classmethod
    def of(cls, params: dict[str, Any], networks: Networks, max_pixels: int) -> Self | None:
        """From validated parameters; None where they name no network."""
        names = [op["name"] for op in params.get("ops", [])]  # batches from before there were any have none
        return cls(networks, names, max_pixels) if names else None

    def run(self, pixels: Pixels) -> Pixels:
        """The picture (H, W, 4) as they make it, larger where they enlarge.

        Raises PhotoError `too_many_pixels`, `model_missing`, `model_damaged`, `wrong_model`, `out_of_memory`.
        """
        for name in self.names:
            network = self.networks.restorer(name)
            size = pixels.shape[0] * pixels.shape[1] * network.scale**2
            if size > self.max_pixels:
                detail = (
                    f"Enlarged by {name} the picture would have {size / 1e6:,.0f} million pixels and at most "
                    f"{self.max_pixels / 1e6:,.0f} are allowed: make it smaller first."
                )
                raise PhotoError("too_many_pixels", detail)
            pixels = network.run(pixels)
        return pixels
