"""A JPEG that is decoded, changed and encoded strip by strip."""

import ctypes
from collections.abc import Callable
from ctypes import POINTER, byref, c_size_t, c_uint32, c_void_p
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.codec.preview import FROM_CELLS
from models.compiled.finishing import FinishArguments
from models.compiled.jpeg.partial import TURNS
from models.compiled.jpeg.structures import TurnStructure
from models.compiled.library import LibraryError, load
from models.compiled.strips.library import Addresses, libjpeg
from models.compiled.structures import FinishStructure
from models.finish import Finish
from models.picture import Coding, DoubtError, Pixels, Written

CELL = 8  # of strips.h
_DONE = 0  # of jpeg.h
_SAMPLINGS = {"444": (1, 1), "422": (2, 1), "420": (2, 2)}
_SPARE = 1 << 16  # bytes for headers


class StripsStructure(ctypes.Structure):
    """`struct strips` of strips.h."""

    _fields_ = (
        ("libjpeg", c_void_p),
        ("from", c_void_p),
        ("size", c_size_t),
        ("width", c_uint32),
        ("height", c_uint32),
        ("turn", TurnStructure),
        ("finish", POINTER(FinishStructure)),
        ("across", c_uint32),
        ("down", c_uint32),
        ("quality", c_uint32),
        ("quants", c_uint32 * 64 * 2),
        ("small", c_void_p),
        ("to", c_void_p),
        ("room", c_size_t),
        ("written", c_size_t),
    )


@dataclass(slots=True)
class Libraries:
    """Ours, and the one that it calls. For one photo at a time."""

    strips: Callable[..., int]
    libjpeg: Addresses
    results: npt.NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))  # memory that stays

    def room(self, size: int) -> npt.NDArray[np.uint8]:
        """Return bytes of which only those take memory that are written to."""
        if self.results.size < size:
            self.results = np.empty(size, np.uint8)
        return self.results[:size]


def libraries(folder: Path) -> Libraries | None:
    """Return the libraries, ours in `folder`; None if one is missing."""
    addresses = libjpeg()
    try:
        strips = load(folder).strips
    except LibraryError:
        return None
    strips.argtypes = [POINTER(StripsStructure)]
    return None if addresses is None else Libraries(strips, addresses)


def opener(folder: Path) -> Callable[[bytes, int, int, int, Coding], "StripJpeg | None"] | None:
    """Return what opens JPEG files in strips, with the library in `folder`; None if there is none.

    Small pictures are not opened: they take little memory, and their thumbnails are made of larger cells.
    """
    there = libraries(folder)
    if there is None:
        return None

    def opened(data: bytes, orientation: int, height: int, width: int, coding: Coding) -> StripJpeg | None:
        if max(height, width) < FROM_CELLS or coding.subsampling not in _SAMPLINGS:
            return None
        return StripJpeg(there, data, orientation, (height, width), coding)

    return opened


class StripJpeg:
    """A `Parts` of models.picture, of which nothing can be read before it is written."""

    def __init__(
        self, libraries: Libraries, data: bytes, orientation: int, size: tuple[int, int], coding: Coding
    ) -> None:
        """`size` is the height and width of the upright picture."""
        self._libraries = libraries
        self._data = data
        self._orientation = orientation
        self._coding = coding
        self._finish: FinishArguments | None = None
        self.pixels = np.zeros((*size, 4), np.uint8)  # takes no memory, since nobody touches it

    def load(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Raises DoubtError: whoever needs pixels needs the whole picture."""
        raise DoubtError

    def reduced(self, step: int) -> Pixels:
        """Raises DoubtError, as above."""
        raise DoubtError

    def finish(self, finish: Finish, seed: int) -> None:
        """As models.picture has it; it is carried out by `written`."""
        transposed = TURNS[self._orientation][0]
        height, width = self.pixels.shape[:2]
        self._finish = FinishArguments(finish, height, width, seed, transposed=transposed)

    def written(self) -> Written:
        """As models.picture has it."""
        height, width = self.pixels.shape[:2]
        turn = TurnStructure(*TURNS[self._orientation])
        source = np.frombuffer(self._data, np.uint8)
        small = np.empty((height // CELL, width // CELL, 4), np.uint8)
        to = self._libraries.room(2 * height * width + _SPARE)
        work = StripsStructure(turn=turn, quality=self._coding.quality or 0)
        work.libjpeg = ctypes.addressof(self._libraries.libjpeg)
        setattr(work, "from", source.ctypes.data)
        work.size = source.size
        work.width, work.height = (height, width) if turn.transpose else (width, height)
        if self._finish is not None:
            work.finish = ctypes.pointer(self._finish.structure)
        work.across, work.down = _SAMPLINGS[self._coding.subsampling]
        for table, quants in zip(work.quants, self._coding.quants[:1] + self._coding.quants[-1:], strict=False):
            table[:] = quants
        work.small, work.to, work.room = small.ctypes.data, to.ctypes.data, to.size
        if self._libraries.strips(byref(work)) != _DONE:
            raise DoubtError
        return Written(to[: work.written].data, small, "whole")
