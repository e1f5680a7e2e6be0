"""Gain maps: what turns a picture for ordinary screens into the same picture for HDR screens.

The model is that of ISO 21496-1. With a sample g of the map, 0..1, in linear light:
HDR = (SDR + offset_sdr) · 2^G - offset_hdr, where G = minimum + (maximum - minimum) · g^(1 / gamma).
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.uint8]  # (h, w, 1 or 3)
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of Rec. 709's red, green and blue
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

    def grey(self) -> "GainMap":
        """Return the map with the same gain for all colours: what it does to luminance."""
        if self.samples.shape[2] == 1:
            return self
        channels = self.scale.channels * (3 // len(self.scale.channels))
        stops = np.zeros(self.samples.shape[:2], np.float32)
        for index, (channel, weight) in enumerate(zip(channels, _LUMINANCE, strict=True)):
            part = (np.arange(256, dtype=np.float32) / 255) ** np.float32(1 / channel.gamma)
            table = channel.minimum + (channel.maximum - channel.minimum) * part
            stops += (weight * table).astype(np.float32)[self.samples[:, :, index]]
        low, high = float(stops.min()), float(stops.max())
        samples = np.rint(255 * (stops - low) / max(high - low, 1e-6)).astype(np.uint8)[:, :, None]
        one = replace(channels[1], minimum=low, maximum=high, gamma=1.0)
        return replace(self, samples=samples, scale=replace(self.scale, channels=(one,)), file=None)

    def changed(self, samples: Samples) -> "GainMap":
        """Return the map with other samples."""
        return replace(self, samples=samples, file=None)
