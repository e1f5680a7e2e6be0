"""A photo's own correction, before any look: what brings it to the light of its shoot, or to a full range of tones."""

from dataclasses import astuple, dataclass

import numpy as np

from models.colour.balance import gains
from models.colour.curves import ChannelFunction, Floats, chain, srgb_decode, srgb_encode, through_points
from models.colour.ops.contrast import contrast
from models.colour.ops.exposure import exposure


@dataclass(frozen=True, slots=True)
class Correction:
    """White balance, then exposure, then contrast, then a curve; each channel by itself, in any RGB space."""

    exposure: float = 0.0  # EV
    temperature: float = 0.0  # -1..1, as of the white balance of presets
    tint: float = 0.0
    contrast: float = 0.0  # -1..1, as of presets
    curve: tuple[tuple[float, float], ...] = ()  # points on encoded sRGB values; none: no curve

    @property
    def neutral(self) -> bool:
        """Whether it leaves every colour as it is."""
        return not any(astuple(self))

    @property
    def gain(self) -> Floats | None:
        """The gains (3,) of linear sRGB that balance white; None if it stays."""
        return gains(self.temperature, self.tint) if self.temperature or self.tint else None

    def light(self) -> ChannelFunction:
        """What follows white balance: linear values of a channel to linear ones."""
        steps: list[ChannelFunction] = [_exposed(self.exposure)] if self.exposure else []
        tones: list[ChannelFunction] = [contrast(self.contrast)] if self.contrast else []
        tones += [through_points(self.curve)] if self.curve else []
        return chain([*steps, srgb_encode, *tones, srgb_decode] if tones else steps)

    def described(self) -> list[object]:
        """Everything that determines it, for a digest."""
        return [*astuple(self)[:4], [[float(x), float(y)] for x, y in np.reshape(self.curve, (-1, 2))]]


def _exposed(stops: float) -> ChannelFunction:
    """Exposure whose inverse is the same with the opposite sign: white stays white, so what has clipped turns no grey.

    Less light undoes the shoulder of more: t / (1 + t (T-1)/T), solved for t.
    """
    if stops >= 0:
        return exposure(stops)
    gain, knee = 2.0**-stops, 0.4  # of models.colour.ops.exposure
    reach = (gain - knee) / (1 - knee)

    def apply(x: Floats) -> Floats:
        above = np.clip((x - knee) / (1 - knee), 0, 1)
        t = above / (1 - above * (reach - 1) / reach)
        return np.asarray((np.minimum(x, knee) + (1 - knee) * t) / gain, np.float64)

    return apply


NO_CORRECTION = Correction()
