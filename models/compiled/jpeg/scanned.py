"""The bits of a JPEG after one walk over them."""

import ctypes
from ctypes import byref

import numpy as np
import numpy.typing as npt

from models.compiled.jpeg.frame import ZIGZAG, Frame
from models.compiled.jpeg.structures import ChangeStructure, JpegStructure, OutputStructure
from models.compiled.reducing import Reducer
from models.picture import DoubtError

DONE = 0  # of jpeg.h
_BEHIND = 4096  # BEHIND of jpeg.h
_QUICK, _WINDOW = 10, 13  # of jpeg.h
_MOST_BYTES = 1 << 28  # places are 32-bit numbers of bits


class Functions:
    """The functions of the library, with their types."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self.unstuff, self.prepare, self.scan = library.unstuff, library.prepare, library.scan
        self.change, self.write = library.change_region, library.write_bits
        self.reduce = Reducer(library)
        size, address, jpeg = ctypes.c_size_t, ctypes.c_void_p, ctypes.POINTER(JpegStructure)
        self.unstuff.argtypes = [address, size, address, address, ctypes.c_uint32, ctypes.POINTER(size)]
        self.prepare.argtypes, self.prepare.restype = [jpeg], None
        self.scan.argtypes = [jpeg]
        self.change.argtypes = [jpeg, ctypes.POINTER(ChangeStructure)]
        self.write.argtypes = [jpeg, ctypes.POINTER(OutputStructure)]


class Scanned:
    """Where each MCU begins, and small pictures of the components."""

    def __init__(self, functions: Functions, data: bytes, frame: Frame, luma_cells: int) -> None:
        """`luma_cells` is 1 or 2: samples a side that a block of luma has in the small picture.

        Raises DoubtError.
        """
        self.jpeg = JpegStructure()
        self.cells: list[npt.NDArray[np.uint8]] = []  # of each component, of the size of whole MCUs
        self.blocks = sum(component.across * component.down for component in frame.components)  # in an MCU
        self._kept: list[npt.NDArray[np.generic]] = []  # what the structure points to
        self.used = self._unstuff(functions, data, frame)  # bytes, stuffing included
        self._prepare(frame, luma_cells)
        functions.prepare(byref(self.jpeg))
        if functions.scan(byref(self.jpeg)) != DONE:
            raise DoubtError

    def _unstuff(self, functions: Functions, data: bytes, frame: Frame) -> int:
        columns, rows = frame.mcus
        mcus = columns * rows
        interval = frame.interval or mcus
        intervals = -(-mcus // interval)
        source = np.frombuffer(data, np.uint8)[frame.bits_at :]
        if not 0 < source.size < _MOST_BYTES or mcus > 4 * source.size:  # an MCU takes two bits or more
            raise DoubtError
        bits, starts = np.empty(source.size + _BEHIND, np.uint8), np.empty(intervals + 1, np.uint32)
        used = ctypes.c_size_t()
        arguments = source.ctypes.data, source.size, bits.ctypes.data, starts.ctypes.data, intervals, byref(used)
        if functions.unstuff(*arguments) != DONE:
            raise DoubtError
        jpeg = self.jpeg
        jpeg.columns, jpeg.rows, jpeg.interval, jpeg.bytes = columns, rows, interval, int(starts[-1])
        jpeg.bits, jpeg.starts = self._keep(bits), self._keep(starts)
        jpeg.places, jpeg.ends = self._keep(np.empty(mcus, np.uint32)), self._keep(np.empty(intervals, np.uint32))
        jpeg.before = self._keep(np.empty((mcus, 3), np.int16))
        jpeg.after = self._keep(np.empty((intervals, 3), np.int16))
        return used.value

    def _prepare(self, frame: Frame, luma_cells: int) -> None:
        jpeg, luma = self.jpeg, frame.components[0]
        jpeg.count = len(frame.components)
        for structure, component in zip(jpeg.components, frame.components, strict=False):
            # Colours get as many samples as luma.
            across, down = luma_cells * luma.across // component.across, luma_cells * luma.down // component.down
            structure.across, structure.down = component.across, component.down
            structure.dc, structure.ac = (
                self._keep(component.dc.decoding("dc")),
                self._keep(component.ac.decoding("ac")),
            )
            structure.quick, structure.skips = (
                self._keep(np.empty(1 << _QUICK, np.uint32)),
                self._keep(np.empty(1 << _WINDOW, np.uint16)),
            )
            structure.quants = self._keep(component.quants)
            structure.cells_across, structure.cells_down = across, down
            structure.last = max(
                int(np.flatnonzero(8 * v + u == ZIGZAG)[0]) for v in range(down) for u in range(across)
            )
            structure.weights_across, structure.weights_down = self._keep(_means(across)), self._keep(_means(down))
            size = jpeg.rows * component.down * down, jpeg.columns * component.across * across
            self.cells.append(np.empty(size, np.uint8))
            structure.cells = self.cells[-1].ctypes.data

    def _keep(self, array: npt.NDArray[np.generic]) -> int:
        self._kept.append(array)
        return array.ctypes.data


def _means(cells: int) -> npt.NDArray[np.float32]:
    """Return the mean of each of the first `cells` cosines over each cell of a block: (cell, frequency)."""
    samples, frequencies = np.arange(8), np.arange(cells)
    scale = np.where(frequencies == 0, np.sqrt(1 / 8), 0.5)
    cosines = np.cos((2 * samples[:, None] + 1) * frequencies * np.pi / 16) * scale
    return np.ascontiguousarray(cosines.reshape(cells, 8 // cells, cells).mean(axis=1), np.float32)
