"""An affine map of luma whose coefficients lie on a small grid, and how it is laid over full-size rows."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
import torch

from models.features import Float
from models.hash import position_hash
from models.skin import LUMA

_FINE = np.asarray((1 << 14, 1 << 7, 1 << 7, 1 << 7), np.float32)  # the planes are multiples of one over these


@dataclass(slots=True)
class Patch:
    """out_c = in_c + A·Y + D_c around one face, with Y the Rec.601 luma of the gamma-coded pixel, 0..255.

    `planes` is float32 (4, gh, gw): A, then D for R, G, B, on cells of step×step pixels, the first beginning
    at pixel (y0, x0). Between the cells' centres the values are bilinear. They are rounded to multiples of
    2⁻¹⁴ and 2⁻⁷, and again once they are interpolated along the rows; a bilinear weight has at most eight
    bits. So each sum of products is exact in float32 and its order doesn't matter: a matrix product of any
    shape on any device gives the same bits.
    """

    planes: Float
    mask: Float  # (gh, gw), 0..1: where something happens; for those who want to see it
    step: int
    x0: int
    y0: int
    x1: int  # ends; the last cells may hang over them
    y1: int
    _wide: dict[torch.device, torch.Tensor] = field(default_factory=dict)

    @staticmethod
    def of(planes: Float, mask: Float, step: int, corner: tuple[int, int], end: tuple[int, int]) -> "Patch | None":
        """A patch from pixel `corner` (x, y) to `end`, less the idle cells around it; None when all are
        idle."""
        fine = _FINE[:, None, None]
        planes = np.asarray(np.round(planes * fine) / fine, np.float32)
        busy = np.asarray(planes.any(axis=0))
        rows, columns = np.flatnonzero(busy.any(axis=1)), np.flatnonzero(busy.any(axis=0))
        if rows.size == 0:
            return None
        # One idle cell stays around: the values fall to 0 towards its centre.
        top, bottom = max(0, int(rows[0]) - 1), int(rows[-1]) + 2
        left, right = max(0, int(columns[0]) - 1), int(columns[-1]) + 2
        return Patch(
            np.ascontiguousarray(planes[:, top:bottom, left:right]),
            mask[top:bottom, left:right].copy(),
            step,
            corner[0] + left * step,
            corner[1] + top * step,
            min(end[0], corner[0] + right * step),
            min(end[1], corner[1] + bottom * step),
        )

    def lay(self, packed: torch.Tensor, y0: int, x0: int, seed: int) -> None:
        """Maps the pixels from (y0, x0) in place: int32 (h, w); the bytes from the lowest are R, G, B, alpha.

        `seed` chooses the dither. Alpha stays.
        """
        h, w = packed.shape
        planes = self._area(y0, y0 + h, x0, x0 + w, packed.device)
        # Masks and exact scaling by a power of two instead of shifts, which torch does slowly.
        red = (packed & 0xFF).to(torch.float32)
        green = (packed & 0xFF00).to(torch.float32).mul_(1 / 256)
        blue = (packed & 0xFF0000).to(torch.float32).mul_(1 / 65536)
        luma = (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])  # exact, so fused or not
        luma.mul_(planes[:, 0])
        # Adding 0..1 and cutting the fraction off rounds at random in proportion: no banding on smooth skin.
        luma.add_(position_hash(y0, h, x0, w, seed, packed.device))
        for index, channel in enumerate((red, green, blue)):
            change = planes[:, 1 + index].add_(luma)  # the hash alone, exactly, where nothing changes
            channel.add_(change).clamp_(0, 255).floor_()
        result = red.add_(green, alpha=256).add_(blue, alpha=65536).to(torch.int32)  # below 2²⁴: exact
        packed.bitwise_and_(-0x1000000).bitwise_or_(result)

    def columns(self, y0: int, y1: int) -> tuple[int, int]:
        """The first column and the one past the last in which anything in the rows y0..y1 changes."""
        top, bottom = self._cells(y0, y1)
        busy = np.flatnonzero(self.planes[:, top:bottom].any(axis=(0, 1)))
        if busy.size == 0:
            return self.x0, self.x0
        x0, x1 = (int(busy[0]) - 1) * self.step, (int(busy[-1]) + 2) * self.step
        return self.x0 + max(0, x0), min(self.x1, self.x0 + x1)

    def _area(self, y0: int, y1: int, x0: int, x1: int, device: torch.device) -> torch.Tensor:
        """The planes for the pixels y0..y1 × x0..x1 of the picture, float32 (y1-y0, 4, x1-x0)."""
        top, bottom = self._cells(y0, y1)
        first, weight = _between(y0 - self.y0, y1 - y0, self.step, self.planes.shape[1])
        mixer = np.zeros((y1 - y0, bottom - top), np.float32)
        each = np.arange(y1 - y0)
        mixer[each, first - top] = 1 - weight
        mixer[each, np.minimum(first + 1, bottom - 1) - top] += weight
        part = self._widened(device)[top:bottom, :, x0 - self.x0 : x1 - self.x0]
        return (torch.from_numpy(mixer).to(device) @ part.flatten(1)).view(y1 - y0, 4, x1 - x0)

    def _widened(self, device: torch.device) -> torch.Tensor:
        """The planes with a column for each pixel, float32 (gh, 4, x1-x0); computed once a device."""
        if device not in self._wide:
            size = (self.planes.shape[2] * self.step, self.planes.shape[1])
            wide = np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in self.planes], axis=1)
            wide = np.round(wide[:, :, : self.x1 - self.x0] * _FINE[:, None]) / _FINE[:, None]
            self._wide[device] = torch.from_numpy(wide).to(device)
        return self._wide[device]

    def _cells(self, y0: int, y1: int) -> tuple[int, int]:
        """The first row of cells that the pixel rows y0..y1 are mixed from, and the one past the last."""
        count = self.planes.shape[1]
        first, last = ((2 * (y - self.y0) + 1 - self.step) // (2 * self.step) for y in (y0, y1 - 1))
        return min(max(0, first), count - 1), min(max(0, last) + 2, count)


def _between(start: int, count: int, step: int, cells: int) -> tuple[npt.NDArray[np.int64], Float]:
    """For pixels start..start+count: the cell whose centre lies before each, and how far it is to the next.

    int64 (count,) in 0..cells-1, and float32 (count,) in [0, 1), multiples of 1/(2·step).
    """
    halves = 2 * np.arange(start, start + count) + (1 - step)
    first, rest = np.divmod(halves, 2 * step)
    weight = np.where((first < 0) | (first >= cells - 1), 0, rest) / np.float32(2 * step)
    return np.clip(first, 0, cells - 1), weight.astype(np.float32)
