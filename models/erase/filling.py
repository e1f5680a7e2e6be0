"""Generators that stop where holes must be filled, so that one call fills the holes of several photos."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from models.erase.fill import Inpainter
from models.erase.region import Mask
from models.errors import DeviceLostError
from models.picture import Pixels

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Squares:
    """A request to an inpainter: crops, uint8 (h, w, 3), and their masks (h, w)."""

    inpainter: Inpainter
    crops: list[Pixels]
    masks: list[Mask]


Filling = Generator[Squares, list[Pixels], Made]
"""A generator that yields squares and gets them back filled."""

Guard = Callable[[Sequence[int]], AbstractContextManager[None]]
"""A context manager around each step; it gets the indices of the works in that step."""


def alone(work: Filling[Made]) -> Made:
    """Run one work alone; its exceptions are passed on."""
    filled: list[Pixels] | None = None
    while True:
        try:
            squares = work.send(filled) if filled is not None else next(work)
        except StopIteration as end:
            made: Made = end.value
            return made
        filled = squares.inpainter.fill(squares.crops, squares.masks)


class SideBySide(Generic[Made]):
    """Runs several works, each up to its holes, which are then filled together."""

    def __init__(self, works: Sequence[Filling[Made]], guard: Guard) -> None:
        self._works = works
        self._guard = guard
        self._made: dict[int, Made | Exception] = {}
        self._waiting: dict[int, Squares] = {}

    def run(self) -> list[Made | Exception]:
        """Return the result or the error of each; a failure does not affect the others. Raises only DeviceLostError."""
        for place in range(len(self._works)):
            self._carry_on(place, None)
        while self._waiting:
            inpainter = next(iter(self._waiting.values())).inpainter
            self._fill({place: each for place, each in self._waiting.items() if each.inpainter is inpainter})
        return [self._made[place] for place in range(len(self._works))]

    def _fill(self, wanted: dict[int, Squares]) -> None:
        """Fill the squares of waiting works, and continue them. If the joint call fails, each is tried alone."""
        inpainter = next(iter(wanted.values())).inpainter
        crops = [crop for squares in wanted.values() for crop in squares.crops]
        masks = [mask for squares in wanted.values() for mask in squares.masks]
        try:
            with self._guard(list(wanted)):
                filled = inpainter.fill(crops, masks)
        except DeviceLostError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends what waits for it and nothing else
            for place, squares in wanted.items():
                if len(wanted) == 1:
                    self._carry_on(place, error)
                else:
                    self._fill({place: squares})
            return
        for place, squares in wanted.items():
            own, filled = filled[: len(squares.crops)], filled[len(squares.crops) :]
            self._carry_on(place, own)

    def _carry_on(self, place: int, came: list[Pixels] | Exception | None) -> None:
        """Continue with the filled squares, or start if there are none."""
        self._waiting.pop(place, None)
        work = self._works[place]
        try:
            with self._guard([place]):
                if isinstance(came, Exception):
                    self._waiting[place] = work.throw(came)
                else:
                    self._waiting[place] = next(work) if came is None else work.send(came)
        except StopIteration as end:
            self._made[place] = end.value
        except DeviceLostError:
            raise
        except Exception as error:  # noqa: BLE001 - see above
            self._made[place] = error
