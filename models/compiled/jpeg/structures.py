"""The arguments of the functions on JPEG bits: the structures of jpeg.h, write.c and change.c."""

import ctypes
from ctypes import c_int32, c_size_t, c_uint32, c_void_p

_COMPONENTS = 3


class ComponentStructure(ctypes.Structure):
    """`struct component`."""

    _fields_ = (
        ("across", c_uint32),
        ("down", c_uint32),
        ("dc", c_void_p),
        ("ac", c_void_p),
        ("quick", c_void_p),
        ("skips", c_void_p),
        ("quants", c_void_p),
        ("cells_across", c_uint32),
        ("cells_down", c_uint32),
        ("last", c_uint32),
        ("weights_across", c_void_p),
        ("weights_down", c_void_p),
        ("cells", c_void_p),
    )


class JpegStructure(ctypes.Structure):
    """`struct jpeg`."""

    _fields_ = (
        ("bits", c_void_p),
        ("bytes", c_size_t),
        ("columns", c_uint32),
        ("rows", c_uint32),
        ("interval", c_uint32),
        ("starts", c_void_p),
        ("count", c_uint32),
        ("places", c_void_p),
        ("before", c_void_p),
        ("ends", c_void_p),
        ("after", c_void_p),
        ("components", ComponentStructure * _COMPONENTS),
    )


class TurnStructure(ctypes.Structure):
    """`struct turn`."""

    _fields_ = (("transpose", c_uint32), ("flip_x", c_uint32), ("flip_y", c_uint32))


class CodeStructure(ctypes.Structure):
    """`struct code`."""

    _fields_ = (("codes", c_void_p), ("lengths", c_void_p))


class OutputStructure(ctypes.Structure):
    """`struct output`."""

    _fields_ = (
        ("turn", TurnStructure),
        ("x0", c_uint32),
        ("y0", c_uint32),
        ("x1", c_uint32),
        ("y1", c_uint32),
        ("interval", c_uint32),
        ("anew", c_uint32),
        ("changed", c_void_p),
        ("blocks", c_void_p),
        ("dc", CodeStructure * _COMPONENTS),
        ("ac", CodeStructure * _COMPONENTS),
        ("to", c_void_p),
        ("room", c_size_t),
        ("written", c_size_t),
    )


class ChangeStructure(ctypes.Structure):
    """`struct change`."""

    _fields_ = (
        ("turn", TurnStructure),
        ("width", c_uint32),
        ("height", c_uint32),
        ("after", c_void_p),
        ("before", c_void_p),
        ("stride", c_size_t),
        ("x0", c_uint32),
        ("y0", c_uint32),
        ("x1", c_uint32),
        ("y1", c_uint32),
        ("region", c_int32),
        ("regions", c_void_p),
        ("changed", c_void_p),
        ("blocks", c_void_p),
        ("count", c_uint32),
    )
