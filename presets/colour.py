"""The colour tables for the pictures of a batch."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.colour.auto_tone import AutoTone, step_for
from models.colour.cache import TableCache
from models.colour.correction import NO_CORRECTION, Correction
from models.colour.deep import Deep, graded
from models.colour.grade import Grade, GradeFunction
from models.colour.icc import RgbProfile, parse
from models.colour.table import ENTRIES, Curves, Depth, Table, TableSpec
from models.picture import Picture, Pixels

_SMALL = 8_000_000  # pixels of one profile that are graded colour by colour before a table is baked
_ROWS = 64  # at a time, to avoid an index of the whole picture
_OPEN_TABLES = 4  # profiles a pipeline keeps tables open for; a batch rarely has more than two


@dataclass(slots=True)
class _Space:
    """The state of a pipeline for one RGB space."""

    spec: TableSpec
    table: Table | Curves | None = None
    graded: int = 0  # pixels graded so far without the table


class Colour:
    """The grade as a table, which depends on the picture's profile.

    A grade that mixes no channels needs only three short tables. Small work bakes no table, nor does a photo with a
    correction of its own: nobody else would use it.
    """

    def __init__(
        self, grade: Grade, depth: Depth, tables: TableCache, shift: Correction = NO_CORRECTION, auto_tone: float = 0.0
    ) -> None:
        """`shift` is the correction of all pictures, to which `auto_tone` (0..1) adds what each lacks."""
        self._grade = grade
        self._shift = shift
        self._auto_tone = AutoTone(auto_tone, shift) if auto_tone else None
        self._depth: Depth = depth
        self._tables = tables
        self._spaces: OrderedDict[bytes, _Space] = OrderedDict()

    @cached_property
    def greys(self) -> bool:
        """Whether all colours become greys, or tints of one colour."""
        return GradeFunction(self._grade, None).greys

    @property
    def looks(self) -> bool:
        """Whether it looks at a picture before it knows what to do."""
        return self._auto_tone is not None

    def correction(self, picture: Picture, reduce: Callable[[Pixels, int], Pixels]) -> Correction:
        """Return what the picture gets before the look; `reduce` averages cells, like models.reduce.

        Raises DoubtError of the picture.
        """
        if self._auto_tone is None:
            return self._shift
        height, width = picture.pixels.shape[:2]
        icc = picture.source.icc
        return self._auto_tone.analyse(picture.reduced(step_for(height, width), reduce), parse(icc) if icc else None)

    def analyse(self, picture: Picture, correction: Correction = NO_CORRECTION) -> Table | Curves:
        """Return the table for the picture's current pixels; for a small picture, only the entries that it needs.

        Raises DoubtError of the picture.
        """
        if not correction.neutral:
            spec = self._spec(picture.source.icc, self._grade.corrected(correction))
            return spec.curves() if spec.separable else _table_of(picture, spec)
        space = self._space(picture.source.icc)
        if space.table is None and space.spec.separable:
            space.table = space.spec.curves()
        if space.table is None:
            pixels = picture.pixels.shape[0] * picture.pixels.shape[1]
            if space.graded + pixels < _SMALL and not self._tables.has(space.spec):
                space.graded += pixels
                return _table_of(picture, space.spec)
            try:
                space.table = Table(self._tables.get(space.spec), self._depth, space.spec.name)
            except OSError:  # no room for the cache: slower, but the same bytes
                return _table_of(picture, space.spec)
        return space.table

    def grade_deep(self, picture: Deep, icc: bytes | None, correction: Correction = NO_CORRECTION) -> None:
        """Change the colours of a picture of 16 bits in place."""
        graded(picture, self._grade.corrected(correction), parse(icc) if icc else None)

    def _spec(self, icc: bytes | None, grade: Grade) -> TableSpec:
        profile: RgbProfile | None = parse(icc) if icc else None
        return TableSpec(grade, profile, self._depth)

    def _space(self, icc: bytes | None) -> _Space:
        key = icc or b""
        space = self._spaces.get(key)
        if space is None:
            space = self._spaces[key] = _Space(self._spec(icc, self._grade))
            if len(self._spaces) > _OPEN_TABLES:
                self._spaces.popitem(last=False)
        self._spaces.move_to_end(key)
        return space


def _table_of(picture: Picture, spec: TableSpec) -> Table:
    """Return a table with only the entries of the picture's colours; the rest is uninitialised."""
    picture.load_all()
    packed = picture.pixels.view(np.int32)[..., 0]
    seen = np.zeros(ENTRIES, np.bool_)
    for row in range(0, len(packed), _ROWS):
        seen[packed[row : row + _ROWS] & (ENTRIES - 1)] = True
    used = np.flatnonzero(seen).astype(np.int32)
    table = np.empty(ENTRIES, np.int32)
    table[used] = spec.of(used)
    return Table(table, spec.depth)
