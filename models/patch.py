"""An affine map of luma whose coefficients lie on a small grid."""

from dataclasses import dataclass

import numpy as np

from models.features import Float

FINE = np.asarray((1 << 14, 1 << 7, 1 << 7, 1 << 7), np.float32)  # the planes are multiples of one over these


@dataclass(frozen=True, slots=True)
class Patch:
    """out_c = in_c + A·Y + D_c around one face, with Y the Rec.601 luma of the gamma-coded pixel, 0..255.

    `planes` is float32 (4, gh, gw): A, then D for R, G, B, on cells of step×step pixels, the first beginning
    at pixel (y0, x0). Between the cells' centres the values are bilinear. They are rounded to multiples of
    2⁻¹⁴ and 2⁻⁷, and again once they are interpolated along the rows; a bilinear weight has at most eight
    bits. So each sum of products is exact in float32 and its order doesn't matter: a matrix product of any
    shape on any device gives the same bits.

    To the result a position's noise in [0, 1) is added, and what is below 0, above 255 or after the point is cut
    off: that rounds at random in proportion, so smooth skin shows no bands. Alpha stays.
    """

    planes: Float
    mask: Float  # (gh, gw), 0..1: where something happens; for those who want to see it
    step: int
    x0: int
    y0: int
    x1: int  # ends; the last cells may hang over them
    y1: int

    @staticmethod
    def of(planes: Float, mask: Float, step: int, corner: tuple[int, int], end: tuple[int, int]) -> "Patch | None":
        """A patch from pixel `corner` (x, y) to `end`, less the idle cells around it; None when all are
        idle."""
        fine = FINE[:, None, None]
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
