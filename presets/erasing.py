"""The op of erase presets: removes what is marked in each picture."""

from dataclasses import dataclass
from typing import Any, Self

import cv2

from models.erase.erase import Erase
from models.erase.filling import Filling
from models.erase.gain import filled
from models.erase.region import Box, checked, grown, mask_of_boxes, mask_of_picture
from models.networks import Networks
from models.picture import Picture, Pixels


@dataclass(frozen=True, slots=True)
class Erasing:
    """Erases boxes, a painted mask, or both, enlarged by `dilate_px`."""

    networks: Networks
    boxes: list[Box]
    fraction: bool  # whether the boxes are in fractions of the picture, not in pixels
    dilate_px: float
    model: str | None  # the pinned inpainter

    @classmethod
    def of(cls, params: dict[str, Any], networks: Networks) -> Self:
        """From the validated parameters of the type `erase`."""
        regions = params["regions"] or {"unit": "px", "boxes": []}
        return cls(networks, regions["boxes"], regions["unit"] == "fraction", params["dilate_px"], params["model"])

    def run(self, picture: Picture, painted: Pixels | None, seed: int) -> Filling[None]:
        """Work on a picture's pixels in place. Raises PhotoError `empty_mask`, `full_mask` and an inpainter's."""
        height, width = picture.pixels.shape[:2]
        mask = mask_of_boxes(height, width, self.boxes, fraction=self.fraction)
        if painted is not None:
            cv2.bitwise_or(mask, mask_of_picture(painted, height, width), dst=mask)
        mask = checked(grown(checked(mask), self.dilate_px))
        yield from Erase(self.networks.inpainter(self.model)).run(picture, mask, seed)
        if picture.gain_map is not None:
            picture.gain_map = filled(picture.gain_map, mask)


def scaled(params: dict[str, Any], factor: float) -> dict[str, Any]:
    """Return parameters for a picture `factor` times as large: lengths in pixels are scaled."""
    changes: dict[str, Any] = {}
    if params.get("dilate_px"):
        changes["dilate_px"] = params["dilate_px"] * factor
    regions = params.get("regions")
    if regions and regions["unit"] == "px":
        changes["regions"] = regions | {"boxes": [[value * factor for value in box] for box in regions["boxes"]]}
    return params | changes
