"""Baked grades: tables for all 16.7 million colours, or for 256 values of each channel if that is enough.

Entry r | g << 8 | b << 16 holds the graded colour in one int32: three bytes in the same order, alpha 0 (depth
8, when nothing follows), or three fields of 10 bits in quarters of an 8-bit code (depth 10, when texture
follows and rounds).
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.colour.chroma import Planes
from models.colour.grade import Grade, GradeFunction
from models.colour.icc import RgbProfile

Packed = npt.NDArray[np.int32]
Depth = Literal[8, 10]

ENTRIES = 1 << 24
SLABS = 256  # one for each value of blue
SLAB_ENTRIES = ENTRIES // SLABS
QUARTERS = 4  # steps of depth 10 in one 8-bit code

_VERSION = b"1"  # of this package's arithmetic: raise it with every change of a result
_ROWS = 32  # values of green at a time: planes of 64 KB stay in cache, and malloc reuses their memory
_CHUNK = 1 << 14  # colours at a time: more of them, to amortise numpy's calls


@dataclass(frozen=True, slots=True)
class Table:
    """A grade's entries, read-only."""

    entries: Packed  # (2^24,)
    depth: Depth
    name: str | None = None  # identifies the entries; None: only those of one picture


@dataclass(frozen=True, slots=True)
class Curves:
    """A grade that mixes no channels, as three short tables, which stay in the first-level cache.

    A colour's entry in the table would be entries[0, r] | entries[1, g] | entries[2, b].
    """

    entries: Packed  # (3, 256), read-only
    depth: Depth


@dataclass(frozen=True)
class TableSpec:
    """The key of a table: a grade in an RGB space (None: sRGB) at a depth."""

    grade: Grade
    profile: RgbProfile | None
    depth: Depth

    @property
    def name(self) -> str:
        """SHA-256 of everything that determines the entries, in hex."""
        space = b"srgb" if self.profile is None or self.profile.is_srgb else self.profile.digest
        return hashlib.sha256(b"|".join([_VERSION, b"%d" % self.depth, self.grade.digest, space])).hexdigest()

    @cached_property
    def _function(self) -> GradeFunction:
        return GradeFunction(self.grade, self.profile)

    @property
    def separable(self) -> bool:
        """Whether curves are enough."""
        return self._function.separable

    def curves(self) -> Curves:
        """The grade as curves, if it is separable."""
        entries = np.empty((3, 256), np.int32)
        for channel in range(3):
            field = ((1 << self.depth) - 1) << channel * self.depth
            entries[channel] = self.of(np.arange(256, dtype=np.int32) << 8 * channel) & field
        return Curves(entries, self.depth)

    def slab(self, blue: int, out: Packed) -> None:
        """Bake the entries of one value of blue into out (65536,)."""
        levels = np.arange(256, dtype=np.uint8)
        rows = out.reshape(256, 256)
        b = np.array([[blue]], dtype=np.uint8)
        for start in range(0, 256, _ROWS):
            g = levels[start : start + _ROWS, None]
            rows[start : start + _ROWS] = self._pack(self._function(levels[None, :], g, b))

    def of(self, colours: Packed) -> Packed:
        """The entries (N,) of the colours r | g << 8 | b << 16 (N,); exactly equal to the table's."""
        entries = np.empty(len(colours), np.int32)
        for start in range(0, len(colours), _CHUNK):
            some = colours[start : start + _CHUNK]
            r, g, b = ((some >> shift).astype(np.uint8) for shift in (0, 8, 16))
            entries[start : start + _CHUNK] = self._pack(self._function(r, g, b))
        return entries

    def _pack(self, planes: Planes) -> Packed:
        scale, shift = (255, 8) if self.depth == 8 else (255 * QUARTERS, 10)
        r, g, b = (np.rint(np.clip(p, 0, 1) * scale).astype(np.int32) for p in planes)
        return r | g << shift | b << 2 * shift
