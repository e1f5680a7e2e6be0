"""The axes of a face."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from models.faces.faces import Face, Float


@dataclass(frozen=True, slots=True)
class Frame:
    """A face's own axes: x along the eyes, y from the eyes to the mouth, 0 between the eyes.

    Based on the line from the middle of the eyes to the middle of the mouth, which remains reliable when a head
    turns to the side and the eyes come together. In the units of the face, e.g. pixels.
    """

    origin: tuple[float, float]
    right: tuple[float, float]  # unit vectors
    down: tuple[float, float]
    size: float  # distance of the eyes as seen from the front: the unit of all radii
    half: float  # half the visible distance of the eyes, as a fraction of `size`
    drop: float  # from the eyes to the mouth, as a fraction of `size`
    mouth: float  # width of the mouth, as a fraction of `size`

    @staticmethod
    def of(face: Face) -> "Frame":
        """The axes of `face`."""
        left, right, _, mouth_left, mouth_right = (np.asarray(point) for point in face.landmarks)
        eyes = (left + right) / 2
        down = (mouth_left + mouth_right) / 2 - eyes
        drop = float(np.hypot(*down))
        if drop < 0.05 * face.height:  # coinciding landmarks: assume upright, like the box
            down, drop = np.asarray((0.0, 1.0)), 0.4 * face.height
        else:
            down = down / drop
        across = np.asarray((down[1], -down[0]))
        spread = abs(float((right - left) @ across))
        # From the front, the eyes are about as far apart as they are from the mouth.
        size = max(spread, 0.9 * drop, 0.3 * face.width)
        # A profile shows half a mouth, a laugh a wider one.
        mouth = float(np.clip(abs((mouth_right - mouth_left) @ across) / size, 0.5, 1.3))
        origin, axis = (float(eyes[0]), float(eyes[1])), (float(across[0]), float(across[1]))
        return Frame(origin, axis, (float(down[0]), float(down[1])), size, spread / size / 2, drop / size, mouth)

    def place(self, x: Float, y: Float) -> tuple[Float, Float]:
        """Return the points (x, y) on these axes, as fractions of `size`; the arrays broadcast."""
        xs, ys = (x - np.float32(self.origin[0])) / self.size, (y - np.float32(self.origin[1])) / self.size
        u = xs * np.float32(self.right[0]) + ys * np.float32(self.right[1])
        v = xs * np.float32(self.down[0]) + ys * np.float32(self.down[1])
        return cast(Float, u), cast(Float, v)

    def point(self, u: float, v: float) -> tuple[float, float]:
        """Return the point (u, v) in the units of the face: the inverse of `place`."""
        x = self.origin[0] + self.size * (u * self.right[0] + v * self.down[0])
        y = self.origin[1] + self.size * (u * self.right[1] + v * self.down[1])
        return x, y

    @property
    def narrowing(self) -> float:
        """How much narrower features appear on a turned head; 1 from the front."""
        return min(1.0, 2 * self.half + 0.25)

    @property
    def apart(self) -> float:
        """1 if the eyes are apart, less in a profile, where the changes of both eyes would add up."""
        return min(1.0, 2.5 * self.half)


@dataclass(frozen=True, slots=True)
class Axes:
    """The cells of a crop, or of a part of it, in a face's own coordinates."""

    frame: Frame
    u: Float  # (h, w), as fractions of the frame's size
    v: Float
    corner: tuple[float, float]  # (x, y) of the crop, in cells

    @staticmethod
    def over(frame: Frame, corner: tuple[float, float], shape: tuple[int, int]) -> "Axes":
        """Return the axes of `frame` over `shape` (h, w) cells from `corner` (x, y)."""
        xs = np.arange(shape[1], dtype=np.float32) + np.float32(corner[0] + 0.5)
        ys = np.arange(shape[0], dtype=np.float32)[:, None] + np.float32(corner[1] + 0.5)
        return Axes(frame, *frame.place(xs, ys), corner)

    def around(self, u: float, v: float, across: float, along: float) -> tuple[slice, slice]:
        """Return rows and columns within `across` and `along` of (u, v), cut to the crop.

        The area is larger for a tilted head.
        """
        x, y = self.frame.point(u, v)
        tilt = 1 + 2 * abs(self.frame.right[1])
        places = ((y - self.corner[1], along, self.u.shape[0]), (x - self.corner[0], across, self.u.shape[1]))
        ends = [(at - reach * tilt * self.frame.size, at + reach * tilt * self.frame.size) for at, reach, _ in places]
        counts = [count for _, _, count in places]
        rows, columns = (
            slice(min(count, max(0, int(first))), min(count, max(0, int(last) + 2)))
            for (first, last), count in zip(ends, counts, strict=True)
        )
        return rows, columns

    def part(self, area: tuple[slice, slice]) -> "Axes":
        """Return the axes over some rows and columns."""
        corner = (self.corner[0] + area[1].start, self.corner[1] + area[0].start)
        return Axes(self.frame, self.u[area], self.v[area], corner)

    def ellipse(self, x: float, y: float, across: float, along: float) -> Float:
        """Return the distance from the centre (x, y) of an upright ellipse, 1 on its edge."""
        return _ellipse(self.u, self.v, x, y, across, along)


def cheeks(frame: Frame, u: Float, v: Float) -> npt.NDArray[np.bool_]:
    """Return the cheeks and the nose, which are certainly skin; contains parts of the eyes' and lips' areas."""
    return _ellipse(u, v, 0.0, 0.52 * frame.drop, 0.75, 0.38 * frame.drop) < 1


def falling(distance: Float, inner: float, outer: float) -> Float:
    """1 up to `inner`, 0 from `outer`, a smoothstep between."""
    t = np.clip((np.float32(outer) - distance) / np.float32(outer - inner), 0, 1)
    return cast(Float, t * t * (np.float32(3) - np.float32(2) * t))


def _ellipse(u: Float, v: Float, x: float, y: float, across: float, along: float) -> Float:  # noqa: PLR0917
    """The distance from the ellipse's centre (x, y), 1 on its rim."""
    return cast(Float, np.hypot((u - np.float32(x)) / np.float32(across), (v - np.float32(y)) / np.float32(along)))
