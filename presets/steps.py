"""The ops of models/ as steps of a pipeline: each knows when it has nothing to do."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from models.colour.cache import TableCache
from models.colour.grade import Grade
from models.colour.icc import RgbProfile, parse
from models.colour.lookup import apply_table
from models.colour.table import ENTRIES, Depth, TableSpec
from models.picture import Picture
from models.strips import Strip

if TYPE_CHECKING:
    from models.beauty import Beauty, BeautyState

_SMALL = 8_000_000  # pixels of one profile that are graded colour by colour before a table is baked
_ROWS = 64  # at a time, so that no index of the whole picture is built
_OPEN_TABLES = 4  # profiles a pipeline keeps tables open for; a batch rarely has more than two


class BeautyStep:
    """Beauty inside faces, on packed pixels."""

    def __init__(self, beauty: "Beauty") -> None:
        self._beauty = beauty

    def analyse(self, picture: Picture) -> "BeautyState | None":
        """None: no face."""
        return self._beauty.analyse(picture.pixels)

    def apply(self, strip: Strip, state: "BeautyState") -> None:
        """Changes the faces' rows and columns."""
        self._beauty.apply(strip.pixels, strip.y0, state, strip.canvas.seed)


@dataclass(slots=True)
class _Space:
    """What a pipeline keeps for one RGB space."""

    spec: TableSpec
    table: torch.Tensor | None = None
    graded: int = 0  # pixels so far without the table


class ColourStep:
    """The grade as a table; which one depends on the picture's profile. Small work bakes no table."""

    def __init__(self, grade: Grade, depth: Depth, tables: TableCache, device: torch.device) -> None:
        self._grade = grade
        self._depth: Depth = depth
        self._tables = tables
        self._device = device
        self._spaces: OrderedDict[bytes, _Space] = OrderedDict()

    def analyse(self, picture: Picture) -> torch.Tensor:
        """The table for this picture; of a small one only the entries that it needs."""
        space = self._space(picture.source.icc)
        if space.table is None:
            pixels = picture.pixels.shape[0] * picture.pixels.shape[1]
            if space.graded + pixels < _SMALL and not self._tables.has(space.spec):
                space.graded += pixels
                return _entries_of(picture, space.spec).to(self._device)
            try:
                space.table = self._tables.get(space.spec).to(self._device)
            except OSError:  # no room for the cache: slower, and the same bytes
                return _entries_of(picture, space.spec).to(self._device)
        return space.table

    def apply(self, strip: Strip, state: torch.Tensor) -> None:
        """Looks the strip up."""
        apply_table(strip, state, self._depth)

    def _space(self, icc: bytes | None) -> _Space:
        key = icc or b""
        space = self._spaces.get(key)
        if space is None:
            profile: RgbProfile | None = parse(icc) if icc else None
            space = self._spaces[key] = _Space(TableSpec(self._grade, profile, self._depth))
            if len(self._spaces) > _OPEN_TABLES:
                self._spaces.popitem(last=False)
        self._spaces.move_to_end(key)
        return space


def _entries_of(picture: Picture, spec: TableSpec) -> torch.Tensor:
    """A table (2^24,) with the entries of the picture's colours alone; the rest is untouched memory."""
    packed = picture.pixels.view(np.int32)[..., 0]
    seen = np.zeros(ENTRIES, np.bool_)
    for row in range(0, len(packed), _ROWS):
        seen[packed[row : row + _ROWS] & (ENTRIES - 1)] = True
    used = np.flatnonzero(seen).astype(np.int32)
    table = np.empty(ENTRIES, np.int32)
    table[used] = spec.of(used)
    return torch.from_numpy(table)
