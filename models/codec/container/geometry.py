"""Where a place of the stored source lies in the result."""

from dataclasses import dataclass

# EXIF orientation: where x and y of the stored picture are taken from for the upright one; each is (axis, reversed).
_TURNS = {
    1: ((0, False), (1, False)),
    2: ((0, True), (1, False)),
    3: ((0, True), (1, True)),
    4: ((0, False), (1, True)),
    5: ((1, False), (0, False)),
    6: ((1, True), (0, False)),
    7: ((1, True), (0, True)),
    8: ((1, False), (0, True)),
}


@dataclass(frozen=True, slots=True)
class Geometry:
    """The turn and the scale from a source to its result."""

    orientation: int  # EXIF, 1..8, of the source
    before: tuple[int, int]  # width and height of the upright source
    after: tuple[int, int]  # of the result

    @property
    def turned(self) -> bool:
        """Whether the stored pixels are moved."""
        return self.orientation != 1

    @property
    def swapped(self) -> bool:
        """Whether rows become columns."""
        return self.orientation >= 5

    @property
    def stored(self) -> tuple[int, int]:
        """Width and height of the source as it is stored."""
        width, height = self.before
        return (height, width) if self.swapped else (width, height)

    @property
    def scale(self) -> tuple[float, float]:
        """Across and down, of upright pictures."""
        return self.after[0] / max(1, self.before[0]), self.after[1] / max(1, self.before[1])

    def fraction(self, x: float, y: float) -> tuple[float, float]:
        """Turn a point that is given in fractions of the picture."""
        place = x, y
        across, down = _TURNS[self.orientation]
        return tuple(1 - place[axis] if back else place[axis] for axis, back in (across, down))  # type: ignore[return-value]

    def size(self, width: float, height: float) -> tuple[float, float]:
        """Turn a width and a height."""
        return (height, width) if self.swapped else (width, height)

    def pixel(self, x: float, y: float) -> tuple[int, int]:
        """Turn and scale a pixel of the stored source."""
        wide, high = (max(1, side) for side in self.stored)
        across, down = self.fraction((x + 0.5) / wide, (y + 0.5) / high)
        return tuple(  # type: ignore[return-value]
            min(max(0, int(place * side)), side - 1) for place, side in zip((across, down), self.after, strict=True)
        )

    def length(self, width: float, height: float) -> tuple[int, int]:
        """Turn and scale a width and a height in pixels."""
        return tuple(  # type: ignore[return-value]
            max(1, round(side * by)) for side, by in zip(self.size(width, height), self.scale, strict=True)
        )

    def subject(self, numbers: list[int]) -> list[int]:
        """Turn and scale a subject, as Exif has it: a point, a circle (with its diameter) or a rectangle."""
        placed = [*self.pixel(*numbers[:2])]
        if len(numbers) == 3:
            placed.append(max(1, round(numbers[2] * sum(self.scale) / 2)))
        elif len(numbers) == 4:
            placed += self.length(*numbers[2:])
        return placed
