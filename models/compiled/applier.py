"""The applier that uses the compiled library."""

from collections.abc import Sequence
from ctypes import POINTER, byref
from pathlib import Path

import numpy as np

from models.compiled.check import EXPECTED, digest
from models.compiled.finishing import FinishArguments
from models.compiled.library import LibraryError, load
from models.compiled.reducing import Reducer
from models.compiled.structures import FinishStructure, NoiseStructure, PatchStructure
from models.faces.patch import Patch
from models.finish import Finish
from models.hash import PositionHash
from models.picture import Pixels


class CompiledApplier:
    """An Applier on the CPU."""

    engine = "cpu"

    def __init__(self, folder: Path) -> None:
        """The library is kept in `folder`. Raises LibraryError."""
        library = load(folder)
        self._finish, self._lay = library.finish, library.lay
        self._finish.argtypes, self._finish.restype = [POINTER(FinishStructure)], None
        self._lay.argtypes, self._lay.restype = [POINTER(PatchStructure)], None
        self._reducer = Reducer(library)
        if digest(self.lay, self.finish) != EXPECTED:
            raise LibraryError("the compiled library computes other pixels than it should")

    def lay(self, pixels: Pixels, patches: Sequence[Patch], seed: int) -> None:
        """As models.applier has it. Raises ValueError for a patch that is not within the picture."""
        for index, patch in enumerate(patches):
            height, width = patch.y1 - patch.y0, patch.x1 - patch.x0
            if not (0 <= patch.y0 < patch.y1 <= pixels.shape[0] and 0 <= patch.x0 < patch.x1 <= pixels.shape[1]):
                raise ValueError(f"{height}×{width} pixels at ({patch.y0}, {patch.x0}) of {pixels.shape[:2]}")
            noise = PositionHash.of(patch.y0, height, patch.x0, width, seed + index)
            wide = np.empty((2, 4, width), np.float32)
            work = PatchStructure(
                pixels=pixels[patch.y0 :, patch.x0 :].ctypes.data,
                width=pixels.shape[1],
                y_count=height,
                x_count=width,
                cells=patch.planes.ctypes.data,
                rows=patch.planes.shape[1],
                columns=patch.planes.shape[2],
                step=patch.step,
                wide=wide.ctypes.data,
                grain=patch.grain,
                dither=NoiseStructure(noise),
            )
            self._lay(byref(work))

    def finish(self, pixels: Pixels, finish: Finish, seed: int) -> None:
        """As models.applier has it."""
        if finish.idle:
            return
        height, width = pixels.shape[:2]
        arguments = FinishArguments(finish, height, width, seed)
        arguments.structure.pixels = pixels.ctypes.data
        self._finish(byref(arguments.structure))

    def reduce(self, pixels: Pixels, step: int) -> Pixels:
        """As models.applier has it."""
        return self._reducer(pixels, step)
