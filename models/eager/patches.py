"""Applies a patch to full-size pixels with torch."""

import cv2
import numpy as np
import numpy.typing as npt
import torch

from models.eager.noise import noise_on
from models.faces.faces import Float
from models.faces.patch import FINE, Patch
from models.faces.skin import LUMA
from models.hash import PositionHash


class WidePatch:
    """A patch with a column for each pixel, on a device."""

    def __init__(self, patch: Patch, device: torch.device) -> None:
        self._patch = patch
        size = (patch.planes.shape[2] * patch.step, patch.planes.shape[1])
        wide = np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in patch.planes], axis=1)
        wide = np.round(wide[:, :, : patch.x1 - patch.x0] * FINE[:, None]) / FINE[:, None]
        self._wide = torch.from_numpy(wide).to(device)  # float32 (gh, 4, x1-x0)

    def lay(self, packed: torch.Tensor, y0: int, x0: int, seed: int) -> None:
        """Change the pixels from (y0, x0) in place: int32 (h, w), bytes R, G, B, alpha from the lowest.

        `seed` chooses the dither.
        """
        h, w = packed.shape
        planes = self._area(y0, y0 + h, x0, x0 + w)
        # Masks and exact scaling by powers of two, because shifts are slow in torch.
        red = (packed & 0xFF).to(torch.float32)
        green = (packed & 0xFF00).to(torch.float32).mul_(1 / 256)
        blue = (packed & 0xFF0000).to(torch.float32).mul_(1 / 65536)
        luma = (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])  # exact, so fused or not
        noise = noise_on(packed.device, PositionHash.of(y0, h, x0, w, seed))
        luma.mul_(planes[:, 0]).add_(noise)
        if self._patch.grain:
            luma.add_(noise.sub_(0.5).mul_(planes[:, 0].neg().clamp_(min=0)).mul_(self._patch.grain))
        for index, channel in enumerate((red, green, blue)):
            change = planes[:, 1 + index].add_(luma)  # the hash alone, exactly, where nothing changes
            channel.add_(change).clamp_(0, 255).floor_()
        result = red.add_(green, alpha=256).add_(blue, alpha=65536).to(torch.int32)  # below 2²⁴: exact
        packed.bitwise_and_(-0x1000000).bitwise_or_(result)

    def columns(self, y0: int, y1: int) -> tuple[int, int]:
        """Return the first and the end column in which anything in the rows y0..y1 changes."""
        patch = self._patch
        top, bottom = self._cells(y0, y1)
        busy = np.flatnonzero(patch.planes[:, top:bottom].any(axis=(0, 1)))
        if busy.size == 0:
            return patch.x0, patch.x0
        x0, x1 = (int(busy[0]) - 1) * patch.step, (int(busy[-1]) + 2) * patch.step
        return patch.x0 + max(0, x0), min(patch.x1, patch.x0 + x1)

    def _area(self, y0: int, y1: int, x0: int, x1: int) -> torch.Tensor:
        """The planes for the pixels y0..y1 × x0..x1 of the picture, float32 (y1-y0, 4, x1-x0)."""
        patch = self._patch
        top, bottom = self._cells(y0, y1)
        first, weight = _between(y0 - patch.y0, y1 - y0, patch.step, patch.planes.shape[1])
        mixer = np.zeros((y1 - y0, bottom - top), np.float32)
        each = np.arange(y1 - y0)
        mixer[each, first - top] = 1 - weight
        mixer[each, np.minimum(first + 1, bottom - 1) - top] += weight
        part = self._wide[top:bottom, :, x0 - patch.x0 : x1 - patch.x0]
        return (torch.from_numpy(mixer).to(part.device) @ part.flatten(1)).view(y1 - y0, 4, x1 - x0)

    def _cells(self, y0: int, y1: int) -> tuple[int, int]:
        """Return the first and the end row of cells that the pixel rows y0..y1 need."""
        count, step = self._patch.planes.shape[1], self._patch.step
        first, last = ((2 * (y - self._patch.y0) + 1 - step) // (2 * step) for y in (y0, y1 - 1))
        return min(max(0, first), count - 1), min(max(0, last) + 2, count)


def _between(start: int, count: int, step: int, cells: int) -> tuple[npt.NDArray[np.int64], Float]:
    """For pixels start..start+count: the cell whose centre is before each, and the distance towards the next.

    int64 (count,) in 0..cells-1, and float32 (count,) in [0, 1), multiples of 1/(2·step).
    """
    halves = 2 * np.arange(start, start + count) + (1 - step)
    first, rest = np.divmod(halves, 2 * step)
    weight = np.where((first < 0) | (first >= cells - 1), 0, rest) / np.float32(2 * step)
    return np.clip(first, 0, cells - 1), weight.astype(np.float32)
