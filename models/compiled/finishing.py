"""The arguments of the library's `finish`."""

from models.colour.table import QUARTERS, Curves
from models.compiled.structures import FinishStructure, NoiseStructure
from models.finish import PATTERN, Finish, dither


class FinishArguments:
    """A structure for a whole picture of `height` × `width`, without its pixels, and what it points to."""

    def __init__(self, finish: Finish, height: int, width: int, seed: int, *, transposed: bool = False) -> None:
        """`transposed`: the pixels will be."""
        pattern = dither(width)
        self._kept: list[object] = [finish, pattern]
        work = self.structure = FinishStructure(
            height=height, width=width, bits=8, scale=1, dither=NoiseStructure(pattern), pattern=PATTERN
        )
        work.transposed = transposed
        if finish.table is not None:
            entries, work.bits = finish.table.entries.ctypes.data, finish.table.depth
            if isinstance(finish.table, Curves):
                work.curves = entries
            else:
                work.table = entries
            work.scale = 1 if finish.table.depth == 8 else 1 / QUARTERS
        if finish.vignette is not None:
            work.rows, work.columns = finish.vignette.rows.ctypes.data, finish.vignette.columns.ctypes.data
        if finish.grain is not None:
            band, shifts = finish.grain, finish.grain.shifts(height, seed)
            self._kept.append(shifts)
            work.band, work.lead, work.shifts = band.rows.ctypes.data, band.lead.ctypes.data, shifts.ctypes.data
            if transposed:
                work.band_down, work.lead_down = (each.ctypes.data for each in band.transposed)
            work.band_rows, work.lead_rows, work.band_width = len(band.rows), len(band.lead), band.rows.shape[1]
