"""The library's means of cells."""

import ctypes
from ctypes import POINTER, byref

import numpy as np

from models.compiled.structures import CellsStructure
from models.picture import Pixels
from models.reduce import mean_of_cells, reduce_cells

_STEPS = (4, 8, 16)  # sizes of cells that the library supports; OpenCV rounds 2×2 cells differently, and is as fast


class Reducer:
    """Does what models.reduce.reduce_cells does, faster."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._reduce = library.reduce
        self._reduce.argtypes, self._reduce.restype = [POINTER(CellsStructure)], None

    def __call__(self, pixels: Pixels, step: int) -> Pixels:
        """As models.reduce.reduce_cells has it."""
        return reduce_cells(pixels, step, self._mean if step in _STEPS else mean_of_cells)

    def _mean(self, pixels: Pixels, step: int) -> Pixels:
        rows, columns = pixels.shape[0] // step, pixels.shape[1] // step
        means = np.empty((rows, columns, 4), np.uint8)
        work = CellsStructure(pixels.ctypes.data, pixels.strides[0], rows, columns, step, means.ctypes.data)
        self._reduce(byref(work))
        return means
