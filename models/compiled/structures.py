"""The arguments of the library's functions: structures of the C sources, with addresses of arrays.

An address keeps no array alive: callers must hold the arrays of a structure until the call is over.
"""

import ctypes
from ctypes import c_float, c_size_t, c_ssize_t, c_uint32, c_void_p

from models.hash import PositionHash


class NoiseStructure(ctypes.Structure):
    """`struct noise` of pixel.h."""

    _fields_ = (("flips", c_void_p), ("factors", c_void_p), ("places", c_void_p))

    def __init__(self, places: PositionHash) -> None:
        super().__init__(places.flips.ctypes.data, places.factors.ctypes.data, places.places.ctypes.data)


class FinishStructure(ctypes.Structure):
    """`struct finish` of finish.h."""

    _fields_ = (
        ("pixels", c_void_p),
        ("height", c_size_t),
        ("width", c_size_t),
        ("top", c_size_t),
        ("left", c_size_t),
        ("transposed", c_uint32),
        ("table", c_void_p),
        ("curves", c_void_p),
        ("bits", c_uint32),
        ("scale", c_float),
        ("rows", c_void_p),
        ("columns", c_void_p),
        ("band", c_void_p),
        ("lead", c_void_p),
        ("band_rows", c_size_t),
        ("lead_rows", c_size_t),
        ("band_width", c_size_t),
        ("shifts", c_void_p),
        ("band_down", c_void_p),
        ("lead_down", c_void_p),
        ("dither", NoiseStructure),
        ("pattern", c_size_t),
    )


class PatchStructure(ctypes.Structure):
    """`struct patch` of lay.c."""

    _fields_ = (
        ("pixels", c_void_p),
        ("width", c_size_t),
        ("y_count", c_size_t),
        ("x_count", c_size_t),
        ("cells", c_void_p),
        ("rows", c_ssize_t),
        ("columns", c_ssize_t),
        ("step", c_ssize_t),
        ("wide", c_void_p),
        ("grain", c_float),
        ("dither", NoiseStructure),
    )


class CellsStructure(ctypes.Structure):
    """`struct cells` of reduce.h."""

    _fields_ = (
        ("pixels", c_void_p),
        ("stride", c_size_t),
        ("rows", c_size_t),
        ("columns", c_size_t),
        ("step", c_size_t),
        ("means", c_void_p),
    )
