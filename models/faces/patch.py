"""An affine map of luma whose coefficients lie on a small grid."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.faces.faces import Float

FINE = np.asarray((1 << 14, 1 << 7, 1 << 7, 1 << 7), np.float32)  # the planes are multiples of 1 / these


@dataclass(frozen=True, slots=True)
class Sheet:
    """The coefficients of a part of a picture, before they are a patch."""

    planes: Float  # (4, h, w), as a patch has them
    mask: Float  # (h, w)
    step: int
    x0: int  # begin of the first cell, in pixels; a multiple of the step
    y0: int

    def and_also(self, other: "Sheet") -> "Sheet":
        """Return the sum on this sheet's grid; `other` may have larger cells, and is interpolated bilinearly."""
        fine = other.finer(other.step // self.step)
        x0, y0 = min(self.x0, fine.x0), min(self.y0, fine.y0)
        ends = [
            (each.x0 + each.mask.shape[1] * self.step, each.y0 + each.mask.shape[0] * self.step)
            for each in (self, fine)
        ]
        columns, rows = ((max(end[axis] for end in ends) - (x0, y0)[axis]) // self.step for axis in (0, 1))
        planes, mask = np.zeros((4, rows, columns), np.float32), np.zeros((rows, columns), np.float32)
        for each in (self, fine):
            top, left = (each.y0 - y0) // self.step, (each.x0 - x0) // self.step
            place = (slice(top, top + each.mask.shape[0]), slice(left, left + each.mask.shape[1]))
            planes[:, place[0], place[1]] += each.planes
            mask[place] = np.maximum(mask[place], each.mask)
        return Sheet(planes, mask, self.step, x0, y0)

    def finer(self, factor: int) -> "Sheet":
        """Return the same on cells that are smaller by an integer factor."""
        if factor == 1:
            return self
        size = (self.mask.shape[1] * factor, self.mask.shape[0] * factor)
        planes = np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in self.planes])
        mask = np.asarray(cv2.resize(self.mask, size, interpolation=cv2.INTER_LINEAR), np.float32)
        return Sheet(planes, mask, self.step // factor, self.x0, self.y0)

    def patch(self, height: int, width: int, grain: float = 0.0) -> "Patch | None":
        """Return the patch for a picture of that size; None if there is nothing to do."""
        end = (
            min(width, self.x0 + self.mask.shape[1] * self.step),
            min(height, self.y0 + self.mask.shape[0] * self.step),
        )
        return Patch.of(self.planes, self.mask, self.step, (self.x0, self.y0), end, grain)


@dataclass(frozen=True, slots=True)
class Patch:
    """out_c = in_c + A·Y + D_c around one face and its body, with Y the Rec.601 luma of the coded pixel, 0..255.

    `planes` is float32 (4, gh, gw): A, then D for R, G, B, on cells of step×step pixels, the first beginning
    at pixel (y0, x0). Between the cells' centres the values are bilinear. They are rounded to multiples of
    2⁻¹⁴ and 2⁻⁷, and again once they are interpolated along the rows; a bilinear weight has at most eight
    bits. So each sum of products is exact in float32 and its order doesn't matter: a matrix product of any
    shape on any device gives the same bits.

    Noise n in [0, 1) by position is added to the result, which is then clipped to 0..255 and truncated: this is
    proportional random rounding, so smooth skin shows no bands. Alpha stays. Where A is below 0, which takes the grain
    of the picture with the texture, (n - ½)·|A|·`grain` brings grain back.
    """

    planes: Float
    mask: Float  # (gh, gw), 0..1: where something changes; for inspection
    step: int
    x0: int
    y0: int
    x1: int  # ends; the last cells may extend beyond them
    y1: int
    grain: float = 0.0  # codes

    @staticmethod
    def of(  # noqa: PLR0917
        planes: Float, mask: Float, step: int, corner: tuple[int, int], end: tuple[int, int], grain: float = 0.0
    ) -> "Patch | None":
        """Make a patch from pixel `corner` (x, y) to `end`, without idle cells around it; None if all are idle."""
        fine = FINE[:, None, None]
        planes = np.asarray(np.round(planes * fine) / fine, np.float32)
        busy = np.asarray(planes.any(axis=0))
        rows, columns = np.flatnonzero(busy.any(axis=1)), np.flatnonzero(busy.any(axis=0))
        if rows.size == 0:
            return None
        # Keep one idle cell around: the values fall to 0 towards its centre.
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
            float(np.float32(grain)),
        )
