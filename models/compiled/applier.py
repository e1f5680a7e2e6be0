"""The changes of a photo carried out by the compiled library."""

import ctypes
from collections.abc import Sequence
from ctypes import POINTER, byref, c_float, c_size_t, c_ssize_t, c_uint8, c_uint32
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.colour.table import QUARTERS
from models.compiled.check import EXPECTED, digest
from models.compiled.library import LibraryError, load
from models.finish import PATTERN, Finish, dither
from models.hash import PositionHash
from models.patch import Patch
from models.picture import Pixels
from models.reduce import mean_of_cells, reduce_cells

_Bytes = POINTER(c_uint8)
_Words = POINTER(c_uint32)
_Floats = POINTER(c_float)


_STEPS = (4, 8, 16)  # of cells that the library takes; OpenCV rounds 2×2 cells in another way, and is as fast


class _Noise(ctypes.Structure):
    """`struct noise` of kernel.c, as the others below are what they are called there."""

    _fields_ = (("flips", _Words), ("factors", _Words), ("places", _Words))

    def __init__(self, places: PositionHash) -> None:
        super().__init__(_words(places.flips), _words(places.factors), _words(places.places))


class _Finish(ctypes.Structure):
    _fields_ = (
        ("pixels", _Words),
        ("height", c_size_t),
        ("width", c_size_t),
        ("table", _Words),
        ("bits", c_uint32),
        ("scale", c_float),
        ("rows", _Floats),
        ("columns", _Floats),
        ("band", _Floats),
        ("lead", _Floats),
        ("band_rows", c_size_t),
        ("lead_rows", c_size_t),
        ("band_width", c_size_t),
        ("shifts", _Words),
        ("dither", _Noise),
        ("pattern", c_size_t),
    )


class _Patch(ctypes.Structure):
    _fields_ = (
        ("pixels", _Words),
        ("width", c_size_t),
        ("y_count", c_size_t),
        ("x_count", c_size_t),
        ("cells", _Floats),
        ("rows", c_ssize_t),
        ("columns", c_ssize_t),
        ("step", c_ssize_t),
        ("wide", _Floats),
        ("dither", _Noise),
    )


class _Cells(ctypes.Structure):
    _fields_ = (
        ("pixels", _Bytes),
        ("stride", c_size_t),
        ("rows", c_size_t),
        ("columns", c_size_t),
        ("step", c_size_t),
        ("means", _Bytes),
    )


class CompiledApplier:
    """An Applier on the CPU."""

    engine = "cpu"

    def __init__(self, folder: Path) -> None:
        """The library is kept in `folder`. Raises LibraryError."""
        library = load(folder)
        self._finish, self._lay, self._reduce = library.finish, library.lay, library.reduce
        self._finish.argtypes, self._finish.restype = [POINTER(_Finish)], None
        self._lay.argtypes, self._lay.restype = [POINTER(_Patch)], None
        self._reduce.argtypes, self._reduce.restype = [POINTER(_Cells)], None
        if digest(self.lay, self.finish) != EXPECTED:
            raise LibraryError("the compiled library computes other pixels than it should")

    def lay(self, pixels: Pixels, patches: Sequence[Patch], seed: int) -> None:
        """As models.applier has it. Raises ValueError for a patch that is not within the picture."""
        packed = pixels.view(np.uint32)[..., 0]
        for index, patch in enumerate(patches):
            height, width = patch.y1 - patch.y0, patch.x1 - patch.x0
            if not (0 <= patch.y0 < patch.y1 <= packed.shape[0] and 0 <= patch.x0 < patch.x1 <= packed.shape[1]):
                raise ValueError(f"{height}×{width} pixels at ({patch.y0}, {patch.x0}) of {packed.shape}")
            noise = PositionHash.of(patch.y0, height, patch.x0, width, seed + index)
            wide = np.empty((2, 4, width), np.float32)
            work = _Patch(
                pixels=_words(packed[patch.y0 :, patch.x0 :]),
                width=packed.shape[1],
                y_count=height,
                x_count=width,
                cells=_floats(patch.planes),
                rows=patch.planes.shape[1],
                columns=patch.planes.shape[2],
                step=patch.step,
                wide=_floats(wide),
                dither=_Noise(noise),
            )
            self._lay(byref(work))

    def finish(self, pixels: Pixels, finish: Finish, seed: int) -> None:
        """As models.applier has it."""
        if finish.idle:
            return
        height, width = pixels.shape[:2]
        pattern = dither(width)
        work = _Finish(
            pixels=_words(pixels.view(np.uint32)),
            height=height,
            width=width,
            bits=8,
            scale=1,
            dither=_Noise(pattern),
            pattern=PATTERN,
        )
        if finish.table is not None:
            work.table, work.bits = _words(finish.table.entries), finish.table.depth
            work.scale = 1 if finish.table.depth == 8 else 1 / QUARTERS
        if finish.vignette is not None:
            work.rows, work.columns = _floats(finish.vignette.rows), _floats(finish.vignette.columns)
        if finish.grain is not None:
            band, shifts = finish.grain, finish.grain.shifts(height, seed)
            work.band, work.lead, work.shifts = _floats(band.rows), _floats(band.lead), _words(shifts)
            work.band_rows, work.lead_rows, work.band_width = len(band.rows), len(band.lead), band.rows.shape[1]
        self._finish(byref(work))

    def reduce(self, pixels: Pixels, step: int) -> Pixels:
        """As models.applier has it."""
        return reduce_cells(pixels, step, self._mean if step in _STEPS else mean_of_cells)

    def _mean(self, pixels: Pixels, step: int) -> Pixels:
        rows, columns = pixels.shape[0] // step, pixels.shape[1] // step
        means = np.empty((rows, columns, 4), np.uint8)
        self._reduce(byref(_Cells(_bytes(pixels), pixels.strides[0], rows, columns, step, _bytes(means))))
        return means


def _bytes(values: Pixels) -> "ctypes._Pointer[c_uint8]":
    return values.ctypes.data_as(_Bytes)


def _words(values: npt.NDArray[np.uint32] | npt.NDArray[np.int32]) -> "ctypes._Pointer[c_uint32]":
    return values.ctypes.data_as(_Words)


def _floats(values: npt.NDArray[np.float32]) -> "ctypes._Pointer[c_float]":
    return values.ctypes.data_as(_Floats)
