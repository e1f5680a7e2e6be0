"""The removal of seams from a fill, by the Poisson equation.

Pérez, Gangnet and Blake, "Poisson Image Editing", 2003: the fill keeps the steps between neighbours that its sources
have, and meets the pixels around the hole. Here a large step stays an edge. The equation is solved by multigrid.
"""

from ctypes import CDLL, byref
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.compiled.patches.level import Indices, Level
from models.compiled.patches.structures import GridStructure, SeamsStructure
from models.erase.region import Mask

Float = npt.NDArray[np.float32]

_TOLERANCE = 30.0  # codes; up to this a step is a seam
_CYCLES = 3  # after which less than half a code is missing
_SWEEPS = 2  # before and after each coarser grid
_LAST_SWEEPS = 30  # on the coarsest grid
_COARSEST = 2  # cells a side


@dataclass(frozen=True, slots=True)
class _Grid:
    values: Float  # (h, w, 3): what is added to the pixels
    wanted: Float  # (h, w, 3)
    hole: Mask  # (h, w)

    @classmethod
    def empty(cls, hole: Mask) -> "_Grid":
        shape = (*hole.shape, 3)
        return cls(np.zeros(shape, np.float32), np.zeros(shape, np.float32), hole)

    def structure(self) -> GridStructure:
        height, width = self.hole.shape
        return GridStructure(self.values.ctypes.data, self.wanted.ctypes.data, self.hole.ctypes.data, height, width)


def smooth_seams(library: CDLL, level: Level, origins: Indices) -> None:
    """Correct the hole's pixels of a level in place. `origins` says where each is copied from, int32 (h, w)."""
    height, width = level.hole.shape
    x, y, w, h = cv2.boundingRect(level.hole)
    # With one known pixel around the hole, to which it is to fit.
    top, left, bottom, right = max(0, y - 1), max(0, x - 1), min(height, y + h + 1), min(width, x + w + 1)
    part = np.s_[top:bottom, left:right]
    grid = _Grid.empty(np.ascontiguousarray(level.hole[part]))
    work = SeamsStructure(level.structure(), origins.ctypes.data, grid.structure(), top, left, _TOLERANCE)
    library.find_seams(byref(work))
    for _ in range(_CYCLES):
        _cycle(library, grid)
    colours = level.pixels[part][:, :, :3]
    corrected = np.clip(np.rint(colours + grid.values), 0, 255).astype(np.uint8)
    colours[...] = np.where(grid.hole[:, :, None] > 0, corrected, colours)


def _cycle(library: CDLL, fine: _Grid) -> None:
    """Bring the values nearer to the solution: details here, the rest on a coarser grid."""
    height, width = fine.hole.shape
    here = fine.structure()
    if min(height, width) <= _COARSEST or not fine.hole.any():
        library.relax_seams(byref(here), _LAST_SWEEPS)
        return
    library.relax_seams(byref(here), _SWEEPS)
    coarse = _Grid.empty(np.zeros((-(-height // 2), -(-width // 2)), np.uint8))
    there = coarse.structure()
    library.coarsen_seams(byref(here), byref(there))
    _cycle(library, coarse)
    library.refine_seams(byref(there), byref(here))
    library.relax_seams(byref(here), _SWEEPS)
