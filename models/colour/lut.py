"""Look-up tables of users: one table for each channel, or a cube of colours."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.colour.chroma import Planes
from models.colour.curves import ChannelFunction, Floats

Triple = tuple[float, float, float]
Samples = npt.NDArray[np.float32] | npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Lut:
    """A LUT on encoded sRGB values. Two LUTs with the same meaning are equal, whatever their titles.

    `table` (size, 3) holds three curves, (size, size, size, 3) a cube whose axes are blue, green, red; its
    samples are evenly spaced from `low` to `high`. Floats are values, integers are fractions of the largest integer.
    """

    table: Samples
    low: Triple = (0.0, 0.0, 0.0)  # of r, g, b
    high: Triple = (1.0, 1.0, 1.0)
    title: str = ""

    def __post_init__(self) -> None:
        self.table.setflags(write=False)  # the digest is computed once

    @property
    def separable(self) -> bool:
        """Whether it consists of three curves."""
        return self.table.ndim == 2

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of everything that determines a colour's result."""
        table = self.table.astype(self.table.dtype.newbyteorder("<"), order="C", copy=False)
        digest = hashlib.sha256(f"{table.dtype.str}{table.shape}{self.low}{self.high}".encode())
        digest.update(table.data.cast("B"))
        return digest.digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lut) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def channel(self, channel: int) -> ChannelFunction:
        """One of the three curves: straight lines between samples, level outside the domain."""
        samples = self.table[:, channel].astype(np.float64) * self._unit

        def apply(x: Floats) -> Floats:
            i, part = self._place(x, channel)
            start = samples[i]
            return start + part * (samples[i + 1] - start)

        return apply

    def apply(self, planes: Planes) -> Planes:
        """Apply without clipping; colours outside the domain count as the nearest inside.

        A colour's result depends only on that colour, not on the array that contains it.
        """
        if self.separable:
            r, g, b = (self.channel(c)(plane) for c, plane in enumerate(planes))
            return r, g, b
        return self._in_tetrahedron(planes)

    def _in_tetrahedron(self, planes: Planes) -> Planes:
        """Interpolate between the four corners of the tetrahedron that contains the colour.

        Each cell of the cube is cut into six tetrahedra along its diagonal from black to white (Kasson, Nin, Plouffe
        and Hafner 1995, "Performing color space conversions with three-dimensional linear interpolation"). The path
        goes from the dark corner along the axis of the largest coordinate, then the next, then the last. Greys are
        on the diagonal and get the mean of two greys.
        """
        size = self.table.shape[0]
        (i, r), (j, g), (k, b) = (self._place(plane, channel) for channel, plane in enumerate(planes))
        most, least = np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)
        middle = np.maximum(np.minimum(r, g), np.minimum(np.maximum(r, g), b))
        ahead = np.where((r >= g) & (r >= b), 1, np.where(g >= b, size, size * size))
        behind = np.where((b <= g) & (b <= r), size * size, np.where(g <= r, size, 1))
        dark = i + size * (j + size * k)
        light = dark + (1 + size + size * size)
        rows = self.table.reshape(-1, 3)
        mean = (1 - most)[..., None] * rows[dark]
        mean += (most - middle)[..., None] * rows[dark + ahead]
        mean += (middle - least)[..., None] * rows[light - behind]
        mean += least[..., None] * rows[light]
        mean *= self._unit
        return mean[..., 0], mean[..., 1], mean[..., 2]

    @property
    def _unit(self) -> float:
        """Return the factor from a sample of the table to a value."""
        return 1.0 if self.table.dtype == np.float32 else 1 / (256**self.table.itemsize - 1)

    def _place(self, x: Floats, channel: int) -> tuple[npt.NDArray[np.intp], Floats]:
        """Return the samples around a value, and its distance (0..1) from the lower one."""
        low, high = self.low[channel], self.high[channel]
        last = self.table.shape[0] - 1
        at = (np.clip(x, low, high) - low) * (last / (high - low))
        cell = np.minimum(at.astype(np.intp), last - 1)
        return cell, at - cell
