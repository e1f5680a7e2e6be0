"""A face in a picture, and the reduced view in which faces are searched."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]

LONG_SIDE = 640  # pixels of the view in which faces are searched


@dataclass(frozen=True, slots=True)
class Outlines:
    """Closed polygons, float32 (n, 2: x, y) each, in the units of the face."""

    oval: Float  # from the upper forehead to the chin
    eyes: tuple[Float, Float]  # the lids
    brows: tuple[Float, Float]
    lips: Float
    ears: tuple[Float, ...] = ()  # where they are, of those that can be seen

    def scaled(self, factor: float, shift: tuple[float, float] = (0.0, 0.0)) -> "Outlines":
        """The same in a picture `factor` times as large, then moved by `shift`."""

        def moved(polygon: Float) -> Float:
            return np.asarray(polygon * np.float32(factor) + np.asarray(shift, np.float32), np.float32)

        eyes, brows = ((moved(left), moved(right)) for left, right in (self.eyes, self.brows))
        return Outlines(moved(self.oval), eyes, brows, moved(self.lips), tuple(map(moved, self.ears)))


@dataclass(frozen=True, slots=True)
class Face:
    """A face in pixels of the full picture; the centre of the first pixel is (0.5, 0.5)."""

    box: tuple[float, float, float, float]  # x0, y0, x1, y1; tight: brows to chin, may reach over the edge
    landmarks: tuple[tuple[float, float], ...]  # five (x, y): left eye, right eye, nose, mouth left, mouth right
    score: float  # 0..1
    outlines: Outlines | None = None  # until they are drawn

    @property
    def drawn(self) -> Outlines:
        """Its outlines. Raises ValueError until they are drawn."""
        if self.outlines is None:
            raise ValueError("the outlines of this face are not drawn")
        return self.outlines

    @property
    def width(self) -> float:
        """Pixels from the left to the right of the box."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        """Pixels from the top to the bottom of the box."""
        return self.box[3] - self.box[1]

    def scaled(self, factor: float, shift: tuple[float, float] = (0.0, 0.0)) -> "Face":
        """The same face in a picture `factor` times as large, then moved by `shift`."""
        x0, x1 = (x * factor + shift[0] for x in self.box[::2])
        y0, y1 = (y * factor + shift[1] for y in self.box[1::2])
        points = tuple((x * factor + shift[0], y * factor + shift[1]) for x, y in self.landmarks)
        outlines = self.outlines.scaled(factor, shift) if self.outlines else None
        return Face((x0, y0, x1, y1), points, self.score, outlines)

    def overlap(self, other: "Face") -> float:
        """Return the intersection of both boxes over their union, 0..1."""
        across = min(self.box[2], other.box[2]) - max(self.box[0], other.box[0])
        along = min(self.box[3], other.box[3]) - max(self.box[1], other.box[1])
        shared = max(0.0, across) * max(0.0, along)
        return shared / (self.width * self.height + other.width * other.height - shared)


def detection_step(height: int, width: int, long_side: int = LONG_SIDE) -> int:
    """Return the largest power of two for reducing a picture that keeps it large enough for the detector."""
    step = 1
    while max(height, width) >= 2 * step * long_side:
        step *= 2
    return step
