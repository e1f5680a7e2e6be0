"""Networks from picture to picture that spandrel knows: upscaling, restoring, denoising."""

from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors.torch import load_file
from spandrel import ImageModelDescriptor, ModelLoader
from torch.nn import functional

from models.fallbacks import fell_back
from models.neural.device import OutOfMemoryError, device_named, no_memory, running
from models.neural.staging import Staging
from models.picture import Pixels

TILE = 512  # side of an input tile in pixels
_LEAST_TILE = 64  # without memory for that, the CPU is used
_OVERLAP = 32  # pixels that a tile sees of its neighbours


class Restorer:
    """Applies a network tile by tile.

    Tiles include 32 pixels of their neighbours, which are discarded: a network with no larger reach gives the same
    picture as in one piece.
    """

    def __init__(self, weights: Path, sha256: str, device: str) -> None:
        """`weights` is a safetensors file with this SHA-256. Raises ValueError if it holds another network."""
        model = ModelLoader().load_from_state_dict(load_file(weights))
        if not isinstance(model, ImageModelDescriptor) or (model.input_channels, model.output_channels) != (3, 3):
            raise ValueError(f"{weights.name} is a {model.architecture.name} network, which takes no colour picture")
        self.sha256 = sha256
        self.scale = model.scale  # output pixels per input pixel along each side
        self._device = device_named(device)
        self._staging = Staging(self._device)
        self._call = model.eval()  # pads to sizes that the network accepts
        self._call.model.requires_grad_(False)

    def warm(self) -> None:
        """Compute a whole tile, so that the libraries choose their algorithms. Raises as `run` does."""
        side = TILE + 2 * _OVERLAP
        self.run(np.zeros((side, side, 4), np.uint8), side)

    def run(self, pixels: Pixels, tile: int = TILE) -> Pixels:
        """Return the picture (H, W, 4) after the network, (H·scale, W·scale, 4); alpha is enlarged too.

        Raises PhotoError `out_of_memory`, DeviceLostError.
        """
        device = self._device
        while True:
            try:
                return self._run(pixels, tile, device)
            except OutOfMemoryError as error:
                if tile > _LEAST_TILE:
                    tile //= 2
                elif device.type != "cpu":
                    fell_back("network_on_cpu")
                    device = torch.device("cpu")
                else:
                    raise no_memory() from error

    def _run(self, pixels: Pixels, tile: int, device: torch.device) -> Pixels:
        height, width = pixels.shape[:2]
        scale = self.scale
        staging = self._staging if device == self._device else Staging(device)
        with running(self._call.model, device):
            made = np.empty((height * scale, width * scale, 4), np.uint8)
            for y in range(0, height, tile):
                for x in range(0, width, tile):
                    y0, x0 = max(0, y - _OVERLAP), max(0, x - _OVERLAP)
                    y1, x1 = min(height, y + tile), min(width, x + tile)
                    found = self._tile(pixels[y0 : y1 + _OVERLAP, x0 : x1 + _OVERLAP, :3], staging)
                    kept = found[(y - y0) * scale : (y1 - y0) * scale, (x - x0) * scale : (x1 - x0) * scale]
                    made[y * scale : y1 * scale, x * scale : x1 * scale, :3] = kept
            made[:, :, 3] = self._alpha(pixels[:, :, 3])
        return made

    def _tile(self, pixels: Pixels, staging: Staging) -> Pixels:
        image = staging.up(pixels).permute(2, 0, 1)[None].float() / 255
        codes = (self._call(image)[0] * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous()
        return staging.down(codes)

    def _alpha(self, alpha: Pixels) -> Pixels:
        if self.scale == 1:
            return alpha
        plane = torch.from_numpy(np.ascontiguousarray(alpha))[None, None].float()
        large = functional.interpolate(plane, scale_factor=self.scale, mode="bilinear")
        return cast(Pixels, large[0, 0].round().to(torch.uint8).numpy())
