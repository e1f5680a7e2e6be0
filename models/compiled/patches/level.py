"""One resolution of a picture with a hole, and the search for the patches that fill it."""

from ctypes import CDLL, byref
from itertools import product
from math import isqrt

import cv2
import numpy as np
import numpy.typing as npt

from models.compiled.patches.structures import (
    CopiesStructure,
    FinerStructure,
    LevelStructure,
    SearchStructure,
    VotesStructure,
)
from models.erase.region import Mask
from models.picture import Pixels

Indices = npt.NDArray[np.int32]

SIDE = 8  # pixels of a patch, as in patches.h
_NONE = -1
_SHARPEST = 16  # weight of a patch that fits exactly
_SIXTEENTHS = 16  # of a squared code, in which differences from known pixels are counted
_LENIENT = 256  # squared codes; differences of patches below it are noise


class Level:
    """Pixels uint8 (h, w, 4), the fourth of which is texture, at least 8×8, and the matches of their patches."""

    def __init__(self, library: CDLL, pixels: Pixels, hole: Mask) -> None:
        """`hole` is uint8 (h, w), 0 where pixels are known."""
        self._library = library
        self.pixels, self.hole = pixels, hole
        height, width = hole.shape
        touching = _count(np.minimum(hole, 1))
        self.usable = np.zeros((height, width), np.uint8)
        self.usable[: 1 - SIDE, : 1 - SIDE] = touching[: 1 - SIDE, : 1 - SIDE] == 0
        self.targets = np.flatnonzero(touching).astype(np.int32)
        self.match: Indices = np.full((height, width), _NONE, np.int32)
        self.costs = np.zeros(len(self.targets), np.uint32)

    @property
    def sources(self) -> int:
        """How many patches are known as a whole."""
        return int(np.count_nonzero(self.usable))

    @property
    def depth(self) -> float:
        """The largest distance in pixels of the hole's pixels from known ones, along rows, columns and diagonals."""
        return float(np.asarray(cv2.distanceTransform(self.hole, cv2.DIST_C, cv2.DIST_MASK_3)).max())

    def halved(self) -> "Level | None":
        """Return the level of half the size; None if it would be too small for patches."""
        height, width = self.hole.shape[0] // 2, self.hole.shape[1] // 2
        if min(height, width) < SIDE:
            return None
        cells = [np.s_[y : 2 * height : 2, x : 2 * width : 2] for y in range(2) for x in range(2)]
        sums = np.full((height, width, 4), 2, np.uint16)
        hole = np.zeros((height, width), np.uint8)
        for cell in cells:
            sums += self.pixels[cell]
            hole |= self.hole[cell]
        return Level(self._library, (sums >> 2).astype(np.uint8), hole)

    def reach(self, tries: int) -> int:
        """Return how far from a source each target may look if all targets together make this many tries."""
        return max(1, (isqrt(tries // max(1, len(self.targets))) - 1) // 2)

    def search(self, reach: int, toll: int = 0, *, backwards: bool = False) -> None:
        """Find better sources for all targets: those that continue the neighbours', and those up to `reach` away.

        Each pixel between a target and its source costs `toll`, in squared codes.
        """
        self._search(self.targets, self.costs, reach, toll, backwards=backwards)

    def peel(self, reach: int, toll: int) -> None:
        """Fill the hole for the first time, from its edge inwards, in layers of two pixels.

        Patches are compared with sources up to `reach` away. Pixels that are not filled yet are guessed to be like the
        nearest known ones, and count little: so of sources that fit alike the plainest is taken.
        """
        known = np.asarray(self.hole == 0, np.uint8)
        _guess(self.pixels, known)
        while not known.all():
            wider = np.asarray(cv2.dilate(known, np.ones((3, 3), np.uint8), iterations=2), np.uint8)
            front = wider - known
            touches = _count(front).ravel()[self.targets] > 0
            enough = touches & (_count(known).ravel()[self.targets] >= SIDE * SIDE // 3)
            targets = self.targets[enough if enough.any() else touches]
            costs = np.zeros(len(targets), np.uint32)
            counts = np.repeat((known * np.uint8(255))[:, :, None], 4, axis=2)
            self._search(targets, costs, reach, _SIXTEENTHS * toll, known=counts)
            filled = self._vote(targets, costs, front)
            if not filled.any():
                break
            known |= filled
        # A hole that is far from any source gets some source, from which the search goes on.
        lost = self.targets[self.match.ravel()[self.targets] == _NONE]
        everywhere = np.flatnonzero(self.usable)
        self.match.ravel()[lost] = everywhere[len(everywhere) // 2]

    def vote(self) -> None:
        """Give each pixel of the hole the mean of what all patches over it say; those that fit best count most."""
        self._vote(self.targets, self.costs, np.minimum(self.hole, 1))

    def copy(self) -> Indices:
        """Give each pixel of the hole the colour that the patch around it says.

        Returns where that is from, int32 (h, w): an index into the pixels, valid in the hole.
        """
        origins = np.zeros(self.hole.shape, np.int32)
        work = CopiesStructure(self.structure(), origins.ctypes.data)
        self._library.copy_patches(byref(work))
        return origins

    def begin_from(self, coarse: "Level") -> None:
        """Take over the matches of the level of half the size, which all its targets have, and their colours."""
        work = FinerStructure(coarse.structure(), self.structure(), self.targets.ctypes.data, len(self.targets))
        self._library.refine_matches(byref(work))
        self.copy()

    def structure(self) -> LevelStructure:
        """Return it for the library."""
        height, width = self.hole.shape
        return LevelStructure(
            self.pixels.ctypes.data,
            height,
            width,
            self.hole.ctypes.data,
            self.usable.ctypes.data,
            self.match.ctypes.data,
        )

    def _search(
        self,
        targets: Indices,
        costs: npt.NDArray[np.uint32],
        reach: int,
        toll: int,
        *,
        backwards: bool = False,
        known: Pixels | None = None,
    ) -> None:
        work = SearchStructure(
            level=self.structure(),
            targets=targets.ctypes.data,
            count=len(targets),
            costs=costs.ctypes.data,
            reach=reach,
            toll=toll,
            backwards=backwards,
            known=None if known is None else known.ctypes.data,
        )
        self._library.match_patches(byref(work))

    def _vote(self, targets: Indices, costs: npt.NDArray[np.uint32], where: Mask) -> Mask:
        """Change the pixels `where` not 0 for which there are votes; returns 1 where that was, uint8 (h, w)."""
        if not len(targets):
            return np.zeros_like(where)
        middle = int(np.partition(costs, len(costs) // 2)[len(costs) // 2]) + _LENIENT
        weights = np.maximum(1, _SHARPEST * middle // (middle + costs.astype(np.int64))).astype(np.uint32)
        sums, shares = np.zeros(self.pixels.shape, np.uint32), np.zeros(self.hole.shape, np.uint32)
        work = VotesStructure(
            level=self.structure(),
            targets=targets.ctypes.data,
            count=len(targets),
            weights=weights.ctypes.data,
            sums=sums.ctypes.data,
            shares=shares.ctypes.data,
        )
        self._library.vote_patches(byref(work))
        voted = (where > 0) & (shares > 0)
        all_of = shares[voted][:, None]
        self.pixels[voted] = (sums[voted] + all_of // 2) // all_of
        return np.asarray(voted, np.uint8)


def _guess(pixels: Pixels, known: Mask) -> None:
    """Give each pixel that is not known (0) the mean of its neighbours, in layers from the edge of the hole inwards."""
    known = known.copy()
    while not known.all():
        sums, counts = np.zeros(pixels.shape, np.int32), np.zeros(known.shape, np.int32)
        framed = np.pad(pixels * known[:, :, None], ((1, 1), (1, 1), (0, 0)))
        there = np.pad(known, 1)
        for y, x in product(range(3), range(3)):
            sums += framed[y : y + known.shape[0], x : x + known.shape[1]]
            counts += there[y : y + known.shape[0], x : x + known.shape[1]]
        layer = (known == 0) & (counts > 0)
        shares = counts[layer][:, None]
        pixels[layer] = (sums[layer] + shares // 2) // shares
        known[layer] = 1


def _count(marked: Mask) -> Indices:
    """Return how many pixels of each patch are marked with 1, int32 (h, w); 0 for patches that leave the picture."""
    sums = np.asarray(cv2.integral(marked), np.int32)
    counts = np.zeros(marked.shape, np.int32)
    within = sums[SIDE:, SIDE:] - sums[:-SIDE, SIDE:] - sums[SIDE:, :-SIDE] + sums[:-SIDE, :-SIDE]
    counts[: within.shape[0], : within.shape[1]] = within
    return counts
