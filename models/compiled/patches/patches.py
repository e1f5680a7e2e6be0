"""The inpainter that needs no weights: a hole is filled with patches from its surroundings, from coarse to fine.

Wexler, Shechtman and Irani, "Space-Time Completion of Video", 2007: every patch over the hole should be like one of
the surroundings. In turns, each patch gets the most similar source, and the pixels follow from the sources. Where the
next source is looked for is as in Ashikhmin, "Synthesizing Natural Textures", 2001 (what continues the neighbours'
sources), and in a square around the source so far. On the coarsest level that square is usually the whole picture, and
pixels are means of what their patches say. On the others they are copies, so that textures stay sharp.
docs/dependencies.md says what is known of patents.
"""

from collections.abc import Sequence
from ctypes import POINTER, c_int32
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.compiled.library import LibraryError, load
from models.compiled.patches.check import EXPECTED, digest
from models.compiled.patches.level import SIDE, Level
from models.compiled.patches.seams import smooth_seams
from models.compiled.patches.structures import (
    CopiesStructure,
    FinerStructure,
    GridStructure,
    SeamsStructure,
    SearchStructure,
    VotesStructure,
)
from models.erase.fill import PATCHES, Telea
from models.erase.region import Mask
from models.picture import Pixels

_PAIRS = 2_000_000  # comparisons of patches in one pass over the coarsest level
_TRIES = 5_000_000  # the same for the first pass over each other level
_WIDEST = 10  # pixels from the present source, up to which others are tried in that pass
_TOLL = 400  # squared codes for each pixel to a source on the coarsest level; what is far away seldom belongs there
_SHALLOW = 5.0  # pixels; a hole of this depth is not looked at more coarsely
_SOURCES = 400  # patches; a level with fewer has no choice
_FIRST_PASSES = 6  # on the coarsest level
_MEANS = 4  # of which this many end with means
_PASSES = 4  # on the others
_AROUND = 4  # pixels on each side, over which texture is measured
_GAIN = 8  # of texture, so that it weighs as much as a colour


class Patches:
    """An Inpainter on one core of the CPU. The same bytes on every machine."""

    name = PATCHES
    smooth = False  # the patches bring their noise
    native = 2048  # pixels, which take up to 310 MB and 11 s with the worst masks

    def __init__(self, folder: Path) -> None:
        """The compiled library is kept in `folder`. Raises LibraryError."""
        self._library = library = load(folder)
        for function, *structures in (
            (library.match_patches, SearchStructure),
            (library.vote_patches, VotesStructure),
            (library.copy_patches, CopiesStructure),
            (library.refine_matches, FinerStructure),
            (library.find_seams, SeamsStructure),
            (library.coarsen_seams, GridStructure, GridStructure),
            (library.refine_seams, GridStructure, GridStructure),
        ):
            function.argtypes, function.restype = [POINTER(structure) for structure in structures], None
        library.relax_seams.argtypes, library.relax_seams.restype = [POINTER(GridStructure), c_int32], None
        if digest(self) != EXPECTED:
            raise LibraryError("the compiled library fills holes with other pixels than it should")

    def fill(self, crops: Sequence[Pixels], masks: Sequence[Mask]) -> list[Pixels]:
        """As Inpainter has it."""
        return [self._fill(crop, mask) for crop, mask in zip(crops, masks, strict=True)]

    def _fill(self, crop: Pixels, mask: Mask) -> Pixels:
        if min(mask.shape) < SIDE or not mask.any():
            return Telea().fill([crop], [mask])[0]
        pixels = np.dstack([crop, _texture(crop, mask)])
        levels = [Level(self._library, pixels, np.ascontiguousarray(mask))]
        if not levels[0].sources:  # no patch is known as a whole
            return Telea().fill([crop], [mask])[0]
        while (coarser := _coarser(levels[-1])) is not None:
            levels.append(coarser)
        _begin(levels[-1])
        for coarse, fine in zip(levels[:0:-1], levels[-2::-1], strict=True):
            fine.begin_from(coarse)
            for turn in range(_PASSES):
                fine.search(min(_WIDEST, fine.reach(_TRIES)) if turn == 0 else 1, backwards=turn % 2 == 1)
                fine.copy()
        smooth_seams(self._library, levels[0], levels[0].copy())
        return np.ascontiguousarray(levels[0].pixels[:, :, :3])


def _coarser(level: Level) -> Level | None:
    """Return the next coarser level, if it is of use."""
    if len(level.targets) * level.sources <= _PAIRS or level.depth <= _SHALLOW:
        return None
    halved = level.halved()
    return halved if halved is not None and halved.sources >= _SOURCES else None


def _begin(coarsest: Level) -> None:
    reach = coarsest.reach(_PAIRS)
    if len(coarsest.targets) * coarsest.sources <= _PAIRS:
        reach = max(coarsest.hole.shape)
    coarsest.peel(reach, _TOLL)
    for turn in range(_FIRST_PASSES):
        coarsest.search(reach, _TOLL, backwards=turn % 2 == 1)
        if turn < _MEANS:
            coarsest.vote()
        else:
            coarsest.copy()


def _texture(crop: Pixels, mask: Mask) -> Mask:
    """Return the mean of the steps of luma between neighbours around each pixel, times 8, uint8 (h, w).

    Coarse levels have no fine texture; this says how much there was. Steps from or to the hole do not count.
    """
    luma = np.zeros(mask.shape, np.uint16)
    for channel, weight in enumerate((77, 150, 29)):
        luma += crop[:, :, channel] * np.uint16(weight)
    luma >>= 8
    steps, counts = np.zeros(mask.shape, np.uint16), np.zeros(mask.shape, np.uint8)
    for after, before in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        known = (mask[after] | mask[before]) == 0
        steps[after] += (np.maximum(luma[after], luma[before]) - np.minimum(luma[after], luma[before])) * known
        counts[after] += known
    near = _around(counts)
    return np.minimum(255, _GAIN * _around(steps) // np.maximum(1, near)).astype(np.uint8)


def _around(values: npt.NDArray[np.unsignedinteger[Any]]) -> npt.NDArray[np.int32]:
    """Return the sums over squares of 9×9 around each, less at the edges; exact, unlike a filter of floats."""
    framed = np.pad(values, ((_AROUND + 1, _AROUND), (_AROUND + 1, _AROUND)))
    sums = framed.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    wide = 2 * _AROUND + 1
    return np.asarray(sums[wide:, wide:] - sums[:-wide, wide:] - sums[wide:, :-wide] + sums[:-wide, :-wide])
