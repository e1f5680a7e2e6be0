"""The arguments of the functions on patches: the structures of patches.h."""

import ctypes
from ctypes import c_float, c_int32, c_uint32, c_void_p


class LevelStructure(ctypes.Structure):
    """`struct level`."""

    _fields_ = (
        ("pixels", c_void_p),
        ("height", c_int32),
        ("width", c_int32),
        ("hole", c_void_p),
        ("usable", c_void_p),
        ("match", c_void_p),
    )


class SearchStructure(ctypes.Structure):
    """`struct search`."""

    _fields_ = (
        ("level", LevelStructure),
        ("targets", c_void_p),
        ("count", c_int32),
        ("costs", c_void_p),
        ("reach", c_int32),
        ("backwards", c_uint32),
        ("toll", c_uint32),
        ("known", c_void_p),
    )


class VotesStructure(ctypes.Structure):
    """`struct votes`."""

    _fields_ = (
        ("level", LevelStructure),
        ("targets", c_void_p),
        ("count", c_int32),
        ("weights", c_void_p),
        ("sums", c_void_p),
        ("shares", c_void_p),
    )


class CopiesStructure(ctypes.Structure):
    """`struct copies`."""

    _fields_ = (("level", LevelStructure), ("origins", c_void_p))


class FinerStructure(ctypes.Structure):
    """`struct finer`."""

    _fields_ = (
        ("coarse", LevelStructure),
        ("fine", LevelStructure),
        ("targets", c_void_p),
        ("count", c_int32),
    )


class GridStructure(ctypes.Structure):
    """`struct grid`."""

    _fields_ = (
        ("values", c_void_p),
        ("wanted", c_void_p),
        ("hole", c_void_p),
        ("height", c_int32),
        ("width", c_int32),
    )


class SeamsStructure(ctypes.Structure):
    """`struct seams`."""

    _fields_ = (
        ("level", LevelStructure),
        ("origins", c_void_p),
        ("grid", GridStructure),
        ("top", c_int32),
        ("left", c_int32),
        ("tolerance", c_float),
    )
