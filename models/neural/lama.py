"""LaMa: an inpainting network that sees the whole square at once.

Suvorov et al., "Resolution-robust Large Mask Inpainting with Fourier Convolutions", 2022; the architecture is
spandrel's.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from spandrel import MaskedImageModelDescriptor, ModelLoader
from torch.nn import functional

from models.erase.holes import NATIVE
from models.erase.region import Mask
from models.fallbacks import fell_back
from models.neural.device import OutOfMemoryError, device_named, no_memory, running
from models.neural.staging import Staging
from models.picture import Pixels

_MULTIPLE = 8  # the network halves its input three times
_AT_ONCE = 8  # squares; more take GPU memory without a gain
_CAP = 256  # pixels; reduced size of a square if the device lacks memory


class Lama:
    """An Inpainter. Float32, also on GPUs: its Fourier transforms overflow in half precision."""

    smooth = False
    native = NATIVE

    def __init__(self, weights: Path, sha256: str, device: str) -> None:
        """`weights` is a safetensors file with this SHA-256. Raises ValueError if it holds another network."""
        model = ModelLoader().load_from_state_dict(load_file(weights))
        if not isinstance(model, MaskedImageModelDescriptor):
            raise ValueError(f"{weights.name} is a {model.architecture.name} network, which fills no holes")
        self.name = f"lama {sha256[:12]}"
        self._device = device_named(device)
        self._staging = Staging(self._device)
        # spandrel returns it in training mode, in which each call would change the network.
        self._network = model.eval().model.requires_grad_(False)

    def warm(self) -> None:
        """Fill a square of the usual size, so that the libraries choose their algorithms. Raises as `fill` does."""
        side = self.native
        mask = np.zeros((side, side), np.uint8)
        mask[side // 4 : -side // 4, side // 4 : -side // 4] = 255
        self.fill([np.zeros((side, side, 3), np.uint8)], [mask])

    def fill(self, crops: Sequence[Pixels], masks: Sequence[Mask]) -> list[Pixels]:
        """As Inpainter has it. Squares of one size go through the network together."""
        by_size: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for place, crop in enumerate(crops):
            by_size[crop.shape].append(place)
        filled: dict[int, Pixels] = {}
        for places in by_size.values():
            for first in range(0, len(places), _AT_ONCE):
                some = places[first : first + _AT_ONCE]
                found = self._together([crops[place] for place in some], [masks[place] for place in some])
                filled |= dict(zip(some, found, strict=True))
        return [filled[place] for place in range(len(crops))]

    def _together(self, crops: list[Pixels], masks: list[Mask]) -> list[Pixels]:
        """Fill squares of one size; without enough memory: fewer at once, then smaller ones, then on the CPU."""
        try:
            return self._forward(crops, masks, self._device)
        except OutOfMemoryError:
            half = len(crops) // 2
        if half:
            return self._together(crops[:half], masks[:half]) + self._together(crops[half:], masks[half:])
        try:
            found = [self._smaller(crops[0], masks[0])]
        except OutOfMemoryError:
            return self._on_cpu(crops, masks)
        fell_back("network_reduced")
        return found

    def _smaller(self, crop: Pixels, mask: Mask) -> Pixels:
        """Fill one square at a lower resolution; pixels outside the mask stay."""
        height, width = mask.shape
        scale = min(1.0, _CAP / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
        touched = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA)) > 0
        (found,) = self._forward([small], [np.where(touched, np.uint8(255), np.uint8(0))], self._device)
        large = np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
        return np.where(mask[:, :, None] > 0, large, crop)

    def _on_cpu(self, crops: list[Pixels], masks: list[Mask]) -> list[Pixels]:
        if self._device.type != "cpu":
            fell_back("network_on_cpu")
        try:
            return self._forward(crops, masks, torch.device("cpu"))
        except OutOfMemoryError as error:
            raise no_memory() from error

    def _forward(self, crops: list[Pixels], masks: list[Mask], device: torch.device) -> list[Pixels]:
        """Fill squares of any one size (h, w, 3), padded by reflection to a multiple of 8.

        Its input is float32 (n, 3, h, w) in 0..1 and a mask (n, 1, h, w) of 0 and 1, its output as the former.
        """
        staging = self._staging if device == self._device else Staging(device)
        with running(self._network, device):
            images = staging.up(np.stack(crops)).permute(0, 3, 1, 2).float() / 255
            holes = (staging.up(np.stack(masks)) > 0).float()[:, None]
            height, width = images.shape[2:]
            below, right = -height % _MULTIPLE, -width % _MULTIPLE
            how = "reflect" if below < height and right < width else "replicate"
            images, holes = (functional.pad(each, (0, right, 0, below), how) for each in (images, holes))
            found = self._network(images, holes)[:, :, :height, :width]
            codes = (found.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
            return list(staging.down(codes))
