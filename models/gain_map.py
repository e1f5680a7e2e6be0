"""Gain maps: what turns a picture for ordinary screens into the same picture for HDR screens.

The model is that of ISO 21496-1. With a sample g of the map, 0..1, in linear light:
HDR = (SDR + offset_sdr) · 2^G - offset_hdr, where G = minimum + (maximum - minimum) · g^(1 / gamma).
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.uint8]  # (h, w, 1 or 3)
_MOST = 64.0  # stops, and linear offsets: more is damage


@dataclass(frozen=True, slots=True)
class Channel:
    """How the samples of a channel are meant."""

    minimum: float = 0.0  # stops
    maximum: float = 1.0
    gamma: float = 1.0
    offset_sdr: float = 1 / 64  # of linear light, 1 is SDR white
    offset_hdr: float = 1 / 64

    @property
    def sound(self) -> bool:
        """Whether a picture can have been made with these numbers."""
        values = (self.minimum, self.maximum, self.offset_sdr, self.offset_hdr)
        return all(abs(value) <= _MOST for value in values) and self.minimum <= self.maximum and 0 < self.gamma <= _MOST


@dataclass(frozen=True, slots=True)
class Scale:
    """How the samples of a map are meant."""

    channels: tuple[Channel, ...]  # one for all colours, or one for each of red, green and blue
    capacity_min: float = 0.0  # stops above SDR white that a screen must have for the map to count,
    capacity_max: float = 1.0  # and to count wholly
    in_base_colours: bool = True  # whether it applies to the picture's own red, green and blue, or to `GainMap.icc`'s

    @property
    def sound(self) -> bool:
        """Whether a picture can have been made with these numbers."""
        sound = len(self.channels) in (1, 3) and all(channel.sound for channel in self.channels)
        return sound and 0 <= self.capacity_min < self.capacity_max <= _MOST


@dataclass(frozen=True, slots=True)
class GainMap:
    """The map of a whole picture, upright as that is; its size may differ."""

    samples: Samples
    scale: Scale
    icc: bytes | None = None
    file: bytes | None = None  # the JPEG that holds just these samples, without metadata

    def changed(self, samples: Samples) -> "GainMap":
        """Return the map with other samples."""
        return replace(self, samples=samples, file=None)
